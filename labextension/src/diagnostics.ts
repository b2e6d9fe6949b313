/** Diagnostics as an editor and a list show them. */

import type { IDiagnostic, ISpan, Severity } from './types';

export interface IRange {
  from: number;
  to: number;
}

const ORDER: Severity[] = ['error', 'warning', 'hint'];

/**
 * Return where a span is in a cell's source, in UTF-16 units as editors count; null for a whole cell.
 *
 * The source may have changed since: what is no longer there is cut off.
 */
export function rangeOf(span: ISpan, source: string): IRange | null {
  if (span.line === null) {
    return null;
  }
  const lines = source.split('\n');
  const from = offset(lines, span.line, span.column ?? 1);
  const to =
    span.column === null
      ? offset(lines, span.line, Infinity)
      : offset(lines, span.end_line ?? span.line, span.end_column ?? span.column + 1);
  const length = source.length;
  const start = Math.min(from, length);
  return { from: start, to: Math.min(Math.max(to, start), length) };
}

function offset(lines: string[], line: number, column: number): number {
  const before = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
  const characters = [...(lines[line - 1] ?? '')];
  return before + characters.slice(0, Math.max(0, column - 1)).join('').length;
}

/** Return diagnostics by the number of their cell; those of no cell under 0. */
export function byCell(diagnostics: readonly IDiagnostic[]): Map<number, IDiagnostic[]> {
  const found = new Map<number, IDiagnostic[]>();
  for (const item of diagnostics) {
    const cell = item.cell ?? 0;
    found.set(cell, [...(found.get(cell) ?? []), item]);
  }
  return found;
}

/** Return how many there are of each severity, the worst first, without those that there are none of. */
export function counts(diagnostics: readonly IDiagnostic[]): [Severity, number][] {
  return ORDER.map(
    severity =>
      [severity, diagnostics.filter(item => item.severity === severity).length] as [
        Severity,
        number
      ]
  ).filter(([, count]) => count > 0);
}

/** Return the diagnostics with the worst first, else in their order. */
export function worstFirst(diagnostics: readonly IDiagnostic[]): IDiagnostic[] {
  return ORDER.flatMap(severity => diagnostics.filter(item => item.severity === severity));
}
