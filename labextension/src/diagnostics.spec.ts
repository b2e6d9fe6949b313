import { describe, expect, it } from 'vitest';
import { byCell, counts, rangeOf, worstFirst } from './diagnostics';
import type { IDiagnostic, ISpan, Severity } from './types';

function span(line: number | null, column: number | null, endLine = line, end = column): ISpan {
  return { notebook: 'a', cell: 1, line, column, end_line: endLine, end_column: end };
}

function diagnostic(severity: Severity, cell: number | null): IDiagnostic {
  return {
    ...span(1, 1),
    cell,
    severity,
    code: 'NB203',
    message: '',
    hint: null,
    step: null,
    related: [],
    fixes: []
  };
}

describe('the range of a span', () => {
  const text = (source: string, place: ISpan): string => {
    const range = rangeOf(place, source);
    return range ? source.slice(range.from, range.to) : 'none';
  };

  it('covers what it names', () => {
    expect(text('x = 1\nprint(x + y)', span(2, 11, 2, 12))).toBe('y');
  });

  it('counts characters, of which some take two units', () => {
    expect(text('s = "🙂🙂" + name', span(1, 12, 1, 16))).toBe('name');
  });

  it('may reach over lines', () => {
    expect(text('f(\n  a,\n  b)', span(1, 3, 3, 4))).toBe('\n  a,\n  b');
  });

  it('is the line when there is no column, and nothing when there is no line', () => {
    expect(text('a\nbc\nd', span(2, null))).toBe('bc');
    expect(rangeOf(span(null, null), 'a')).toBeNull();
  });

  it('stays inside code that has become shorter', () => {
    expect(rangeOf(span(9, 40, 9, 50), 'a')).toEqual({ from: 1, to: 1 });
    expect(text('abc', span(1, 2, 1, 90))).toBe('bc');
  });
});

describe('several diagnostics', () => {
  const all = [diagnostic('hint', 1), diagnostic('error', null), diagnostic('warning', 1)];

  it('are grouped by their cell', () => {
    expect([...byCell(all).keys()]).toEqual([1, 0]);
  });

  it('are counted and listed from the worst', () => {
    expect(counts([...all, diagnostic('hint', 2)])).toEqual([
      ['error', 1],
      ['warning', 1],
      ['hint', 2]
    ]);
    expect(worstFirst(all).map(item => item.severity)).toEqual(['error', 'warning', 'hint']);
  });
});
