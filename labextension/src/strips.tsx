/** The strip above each code cell: its step, what comes in and goes out, and an editor for both. */

import { Cell, CodeCell, type ICellModel } from '@jupyterlab/cells';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { IDisposable } from '@lumino/disposable';
import { type PanelLayout, Widget } from '@lumino/widgets';
import * as React from 'react';
import { colourOf } from './colours';
import { byCell, worstFirst } from './diagnostics';
import { goTo } from './focus';
import { shorten } from './graph';
import { showInEditor } from './lint';
import { type Session, tagsOf } from './session';
import { changeTags, readTags, writeTags } from './tags';
import type { Fields, ICellPlace, IDiagnostic } from './types';
import { StepEditor } from './widgets/stepeditor';

const NAMES = 4;

/** Keeps the strips and squiggles of a notebook up to date. */
export class Strips implements IDisposable {
  constructor(
    private readonly session: Session,
    private readonly fields: Fields,
    private readonly trans: TranslationBundle
  ) {
    session.changed.connect(this.update, this);
    session.panel.content.activeCellChanged.connect(this.update, this);
    session.panel.disposed.connect(() => this.dispose());
    this.update();
  }

  get isDisposed(): boolean {
    return this._disposed;
  }

  dispose(): void {
    if (!this._disposed) {
      this._disposed = true;
      this.session.changed.disconnect(this.update, this);
      this._strips.forEach(strip => strip.dispose());
    }
  }

  /** Open the editor of a cell. */
  edit(cell: Cell): void {
    this._strips.get(cell.model)?.edit();
  }

  private update(): void {
    if (!this.session.analysis) {
      return;
    }
    const found = new Map<string, IDiagnostic[]>();
    byCell(this.session.analysis.diagnostics).forEach((items, number) => {
      const cell = this.session.cell(number);
      if (cell) {
        found.set(cell.id, items);
      }
    });
    for (const cell of this.session.panel.content.widgets) {
      if (cell instanceof CodeCell && !cell.isDisposed) {
        this.strip(cell).display(this.session.place(cell.model), found.get(cell.model.id) ?? []);
      }
    }
  }

  private strip(cell: CodeCell): Strip {
    const known = this._strips.get(cell.model);
    if (known && !known.isDisposed) {
      return known;
    }
    const strip = new Strip(cell, this.session, this.fields, this.trans);
    (cell.layout as PanelLayout).insertWidget(0, strip);
    this._strips.set(cell.model, strip);
    return strip;
  }

  private _strips = new Map<ICellModel, Strip>();
  private _disposed = false;
}

class Strip extends Widget {
  constructor(
    private readonly cell: CodeCell,
    private readonly session: Session,
    private readonly fields: Fields,
    private readonly trans: TranslationBundle
  ) {
    super();
    this.addClass('nb2p-Strip');
    cell.addClass('nb2p-Cell');
    cell.inViewportChanged.connect(this.mark, this);
    cell.disposed.connect(() => this.dispose());
  }

  display(place: ICellPlace | null, diagnostics: IDiagnostic[]): void {
    this._diagnostics = diagnostics;
    this._place = place;
    const rank = this.session.rank(place?.step ?? null);
    const state = JSON.stringify([place, diagnostics, rank, tagsOf(this.cell.model)]);
    if (state !== this._state) {
      this._state = state;
      this.render(rank);
      this.mark();
    }
  }

  edit(): void {
    if (this._editor) {
      this.closeEditor();
      return;
    }
    const tags = tagsOf(this.cell.model);
    const form = readTags(tags, this.fields);
    const editor = ReactWidget.create(
      <StepEditor
        form={form}
        inherited={this._place?.step ?? ''}
        steps={(this.session.analysis?.steps ?? []).map(step => step.name)}
        fields={this.fields}
        trans={this.trans}
        onDone={changed => {
          const now = tagsOf(this.cell.model);
          this.session.setTags([[this.cell.model, writeTags(now, changed, this.fields)]]);
          this.closeEditor();
        }}
        onCancel={() => this.closeEditor()}
      />
    );
    editor.addClass('nb2p-StepEditorHost');
    const layout = this.cell.layout as PanelLayout;
    layout.insertWidget(layout.widgets.indexOf(this) + 1, editor);
    this._editor = editor;
    this.node.querySelector('button')?.setAttribute('aria-expanded', 'true');
  }

  private closeEditor(): void {
    this._editor?.dispose();
    this._editor = null;
    const badge = this.node.querySelector('button');
    badge?.setAttribute('aria-expanded', 'false');
    badge?.focus();
  }

  /** Show the diagnostics in the editor, which cells far away do not have yet. */
  private mark(): void {
    void this.cell.ready.then(() => {
      if (!this.isDisposed) {
        showInEditor(
          this.cell,
          this._diagnostics,
          fix => this.session.repair(fix, (tags, item) => changeTags(tags, item.add, item.remove)),
          this.trans
        );
      }
    });
  }

  private render(rank: number): void {
    const own = readTags(tagsOf(this.cell.model), this.fields);
    const begins = own.step !== '' || own.role !== 'step';
    // Without an answer from the server there is still what the cell's own tags say.
    const place = this._place ?? {
      number: 0,
      step: own.step || null,
      role: own.role,
      inputs: [],
      outputs: []
    };
    const colour = place?.step ? colourOf(rank) : 'transparent';
    this.cell.node.style.setProperty('--nb2p-step-colour', colour);
    this.toggleClass('nb2p-mod-continues', !begins);
    this.toggleClass('nb2p-mod-skipped', place?.role === 'skip');
    this.showBadge(place);
    this._rest.forEach(part => part.remove());
    this._rest = [...this.variables(place), ...this.problems()];
    this.node.append(...this._rest);
  }

  private createBadge(): HTMLButtonElement {
    const badge = element('button', 'nb2p-Badge');
    badge.type = 'button';
    badge.addEventListener('click', () => this.edit());
    this.node.prepend(badge);
    return badge;
  }

  /** Fill the one badge anew: a click on one that is replaced while the button is down would be lost. */
  private showBadge(place: ICellPlace): void {
    const trans = this.trans;
    const name = place.step ?? (place.role === 'skip' ? trans.__('skipped') : trans.__('no step'));
    const role = place.role === 'step' || place.role === 'skip' ? '' : place.role;
    const badge = this._badge;
    badge.replaceChildren(element('span', 'nb2p-Dot'), shorten(name, 40));
    if (role) {
      badge.append(element('span', 'nb2p-Role', role));
    }
    badge.title = trans.__('Step %1: change the step, role and options of this cell', name);
    badge.setAttribute(
      'aria-label',
      role ? trans.__('Step %1, role %2: edit', name, role) : trans.__('Step %1: edit', name)
    );
    badge.setAttribute('aria-expanded', String(this._editor !== null));
  }

  private variables(place: ICellPlace): HTMLElement[] {
    const trans = this.trans;
    const shown: HTMLElement[] = [];
    if (place.inputs.length) {
      shown.push(names('←', trans.__('Comes in: %1', place.inputs.join(', ')), place.inputs));
    }
    if (place.outputs.length) {
      shown.push(names('→', trans.__('Goes out: %1', place.outputs.join(', ')), place.outputs));
    }
    return shown;
  }

  /** Return what is said about the whole cell; the rest stands in its code. */
  private problems(): HTMLElement[] {
    return worstFirst(this._diagnostics)
      .filter(item => item.line === null && item.severity !== 'hint')
      .map(item => {
        const problem = element('button', `nb2p-Problem nb2p-mod-${item.severity}`);
        problem.type = 'button';
        problem.append(shorten(`${item.code} ${item.message}`, 120));
        problem.title = item.hint ? `${item.message}\n${item.hint}` : item.message;
        problem.addEventListener('click', () => {
          const [fix] = item.fixes;
          if (fix) {
            this.session.repair(fix, (tags, change) => changeTags(tags, change.add, change.remove));
          } else {
            void goTo(this.session.panel, this.cell.model, { line: null });
            this.edit();
          }
        });
        return problem;
      });
  }

  private _place: ICellPlace | null = null;
  private _diagnostics: IDiagnostic[] = [];
  private _editor: Widget | null = null;
  private _state = '';
  private _badge = this.createBadge();
  private _rest: HTMLElement[] = [];
}

function names(arrow: string, label: string, list: readonly string[]): HTMLElement {
  const shown = element('span', 'nb2p-Names');
  const more = list.length > NAMES ? ` +${list.length - NAMES}` : '';
  const short = list.slice(0, NAMES).map(name => shorten(name, 24));
  shown.append(`${arrow} ${short.join(', ')}${more}`);
  shown.title = label;
  shown.setAttribute('role', 'note');
  shown.setAttribute('aria-label', label);
  return shown;
}

function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  classes: string,
  text = ''
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  node.className = classes;
  node.append(text);
  return node;
}
