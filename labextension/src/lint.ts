/** Diagnostics under the code that they are about. */

import { CodeCell } from '@jupyterlab/cells';
import { CodeMirrorEditor } from '@jupyterlab/codemirror';
import { type Diagnostic, setDiagnostics } from '@codemirror/lint';
import type { TranslationBundle } from '@jupyterlab/translation';
import { rangeOf } from './diagnostics';
import type { IDiagnostic, IFix } from './types';

/** Show diagnostics in a cell's editor, if it has one yet. Those of a whole cell are not shown here. */
export function showInEditor(
  cell: CodeCell,
  diagnostics: readonly IDiagnostic[],
  repair: (fix: IFix) => void,
  trans: TranslationBundle
): void {
  const editor = cell.editor;
  if (!(editor instanceof CodeMirrorEditor)) {
    return;
  }
  const source = editor.model.sharedModel.getSource();
  const shown = diagnostics.flatMap((item): Diagnostic[] => {
    const range = rangeOf(item, source);
    if (!range) {
      return [];
    }
    return [
      {
        ...range,
        severity: item.severity,
        source: item.code,
        message: item.hint ? `${item.message}\n${trans.__('Help: %1', item.hint)}` : item.message,
        markClass: `nb2p-mark-${item.severity}`,
        actions: item.fixes.map(fix => ({
          name: trans.__('Fix: %1', fix.title),
          apply: () => repair(fix)
        }))
      }
    ];
  });
  editor.editor.dispatch(setDiagnostics(editor.editor.state, shown));
}
