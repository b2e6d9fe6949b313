/** Leading the user to cells. */

import type { ICellModel } from '@jupyterlab/cells';
import { CodeMirrorEditor } from '@jupyterlab/codemirror';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { EditorView } from '@codemirror/view';
import { rangeOf } from './diagnostics';
import type { ISpan } from './types';

/** Select cells and scroll to the first. */
export async function selectCells(
  panel: NotebookPanel,
  cells: readonly ICellModel[]
): Promise<void> {
  const notebook = panel.content;
  const widgets = notebook.widgets.filter(widget => cells.includes(widget.model));
  const first = widgets[0];
  if (!first) {
    return;
  }
  notebook.activeCellIndex = notebook.widgets.indexOf(first);
  // Scrolling selects the one cell that it scrolls to, and starts to edit it.
  await notebook.scrollToCell(first, 'center');
  notebook.mode = 'command';
  widgets.forEach(widget => notebook.select(widget));
  // The notebook only guesses how high cells are that it has not shown yet.
  first.node.scrollIntoView({ block: 'center' });
}

/** Go to a place in a cell: the cursor stands there, ready to type. */
export async function goTo(
  panel: NotebookPanel,
  cell: ICellModel,
  span: Pick<ISpan, 'line'> & Partial<ISpan>
): Promise<void> {
  const notebook = panel.content;
  const index = notebook.widgets.findIndex(widget => widget.model === cell);
  const widget = notebook.widgets[index];
  if (!widget) {
    return;
  }
  notebook.activeCellIndex = index;
  await notebook.scrollToCell(widget, 'center');
  await widget.ready;
  const range = rangeOf({ ...NOWHERE, ...span }, cell.sharedModel.getSource());
  if (range && widget.editor instanceof CodeMirrorEditor) {
    notebook.mode = 'edit';
    widget.editor.focus();
    widget.editor.editor.dispatch({
      selection: { anchor: range.from },
      effects: EditorView.scrollIntoView(range.from, { y: 'center' })
    });
  } else {
    notebook.node.focus();
  }
}

const NOWHERE: ISpan = {
  notebook: '',
  cell: null,
  line: null,
  column: null,
  end_line: null,
  end_column: null
};
