/** One open notebook: what the server says about it, kept up to date, and changes to its tags. */

import type { ICellModel } from '@jupyterlab/cells';
import type { IExecuteResult } from '@jupyterlab/nbformat';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { PartialJSONObject } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import type { Api, INotebookOrder } from './api';
import { rangeOf } from './diagnostics';
import { LiveRun } from './run';
import type { Settings } from './settings';
import { suggestedTags } from './tags';
import type { IAnalysis, ICellPlace, IEdge, IFix, IParameter, IStep, ISuggestion } from './types';

const DELAY = 150;

export type Selection =
  { kind: 'step'; name: string } | { kind: 'edge'; source: string; target: string };

export class Session implements IDisposable {
  readonly run: LiveRun;

  constructor(
    readonly panel: NotebookPanel,
    private readonly api: Api
  ) {
    this.run = new LiveRun(api, () => panel.context.path);
    this.run.changed.connect(() => this._changed.emit());
    void panel.context.ready.then(() => {
      if (!this.isDisposed) {
        panel.context.model.contentChanged.connect(this.later, this);
        panel.context.pathChanged.connect(this.moved, this);
        this.later();
        void this.run.find();
      }
    });
    panel.disposed.connect(() => this.dispose());
  }

  /** Emitted when anything of the session is another. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** What the server said last; of tags that allow no steps, the steps are those from before. */
  get analysis(): IAnalysis | null {
    return this._analysis;
  }

  /** Whether the steps are of an earlier state of the notebook, as its tags allow none now. */
  get isStale(): boolean {
    return this._stale;
  }

  /** Why the server could not answer, null when it could. */
  get trouble(): string | null {
    return this._trouble;
  }

  get suggestion(): ISuggestion | null {
    return this._suggestion;
  }

  get selection(): Selection | null {
    return this._selection;
  }

  get isDisposed(): boolean {
    return this._disposed;
  }

  get path(): string {
    return this.panel.context.path;
  }

  /** Return the step that is selected, null without one. */
  get selectedStep(): IStep | null {
    const selection = this._selection;
    if (selection?.kind !== 'step') {
      return null;
    }
    return this._analysis?.steps?.find(step => step.name === selection.name) ?? null;
  }

  get selectedEdge(): IEdge | null {
    const selection = this._selection;
    if (selection?.kind !== 'edge') {
      return null;
    }
    const { source, target } = selection;
    return (
      this._analysis?.edges.find(edge => edge.source === source && edge.target === target) ?? null
    );
  }

  dispose(): void {
    if (!this._disposed) {
      this._disposed = true;
      window.clearTimeout(this._timer);
      this.run.dispose();
      Signal.clearData(this);
    }
  }

  /** Return what the server needs to know: the notebook as it is now, without its outputs. */
  order(): INotebookOrder {
    const model = this.panel.context.model;
    return {
      path: this.path,
      notebook: {
        nbformat: 4,
        nbformat_minor: 5,
        metadata: model.sharedModel.getMetadata() as never,
        cells: this.cells().map(cell => ({
          id: cell.id,
          cell_type: cell.type,
          source: cell.sharedModel.getSource(),
          metadata: cell.sharedModel.getMetadata() as PartialJSONObject,
          ...(cell.type === 'code'
            ? { outputs: [] as IExecuteResult[], execution_count: null }
            : {})
        }))
      }
    };
  }

  /** Return the cell with a number, as it was numbered when the server was asked last. */
  cell(number: number | null): ICellModel | null {
    return (number === null ? undefined : this._sent[number - 1]) ?? null;
  }

  /** Return where a cell belongs. */
  place(cell: ICellModel): ICellPlace | null {
    return this._places.get(cell.id) ?? null;
  }

  /** Return the place of a step in the pipeline's order; -1 when there is no such step. */
  rank(step: string | null): number {
    return this._analysis?.steps?.findIndex(item => item.name === step) ?? -1;
  }

  select(selection: Selection | null): void {
    this._selection = selection;
    this._changed.emit();
  }

  /** Change tags of cells so that one undo takes all of it back. */
  setTags(changes: Iterable<readonly [ICellModel, readonly string[]]>): void {
    this.panel.context.model.sharedModel.transact(() => {
      for (const [cell, tags] of changes) {
        if (tags.length) {
          cell.setMetadata('tags', [...tags]);
        } else {
          cell.deleteMetadata('tags');
        }
      }
    });
  }

  /** The pipeline's settings in the notebook. */
  get settings(): Settings {
    return (this.panel.context.model?.getMetadata('nb2pipe') ?? {}) as Settings;
  }

  set settings(settings: Settings) {
    const model = this.panel.context.model;
    if (Object.keys(settings).length) {
      model.setMetadata('nb2pipe', settings);
    } else {
      model.deleteMetadata('nb2pipe');
    }
    this._changed.emit();
  }

  /** Change the pipeline's settings, so that `undoSettings` takes it back. */
  setSettings(settings: Settings): void {
    const before = this.settings;
    this.settings = settings;
    this._settings.push({ before, after: this.settings });
    this._changed.emit();
  }

  /** Whether the settings are still as they were last set here; JupyterLab's undo is for cells only. */
  get canUndoSettings(): boolean {
    return isEqual(this._settings.at(-1)?.after, this.settings);
  }

  /** Take the last change of the settings back. */
  undoSettings(): void {
    if (this.canUndoSettings) {
      this.settings = this._settings.pop()?.before ?? {};
    }
  }

  /** Write another default of a parameter into its cell, as a change that can be undone. */
  setDefault(parameter: IParameter, literal: string): void {
    const place = parameter.place;
    const cell = this.cell(place?.cell ?? null);
    const source = cell?.sharedModel.getSource() ?? '';
    const range = place && rangeOf({ ...place, notebook: '' }, source);
    // The cell may be another since the server was asked.
    if (range && source.slice(range.from, range.to) === place.text) {
      cell?.sharedModel.updateSource(range.from, range.to, literal);
    }
  }

  /** Carry out a repair. */
  repair(
    fix: IFix,
    change: (tags: readonly string[], item: IFix['changes'][number]) => string[]
  ): void {
    const found = fix.changes.flatMap(item => {
      const cell = this.cell(item.cell);
      return cell ? [[cell, change(tagsOf(cell), item)] as const] : [];
    });
    this.setTags(found);
  }

  async suggest(): Promise<void> {
    this.remember();
    this._suggestion = await this.api.suggest(this.order());
    this._changed.emit();
  }

  /** Take what is suggested: all of it, or one step. */
  accept(step?: string): void {
    const suggestion = this._suggestion;
    if (!suggestion) {
      return;
    }
    this.setTags(
      [...suggestedTags(suggestion, step)].flatMap(([number, tags]) => {
        const cell = this.cell(number);
        return cell ? [[cell, tags] as const] : [];
      })
    );
    const left = suggestion.steps.filter(item => step !== undefined && item.name !== step);
    this._suggestion = left.length ? { ...suggestion, steps: left } : null;
    this._changed.emit();
  }

  dismissSuggestion(): void {
    this._suggestion = null;
    this._changed.emit();
  }

  /** Analyse at once; for those who need an answer about the notebook as it is now. */
  async refresh(): Promise<void> {
    window.clearTimeout(this._timer);
    await this.analyse();
  }

  private later(): void {
    window.clearTimeout(this._timer);
    this._timer = window.setTimeout(() => void this.analyse(), DELAY);
  }

  private moved(): void {
    this._asked = '';
    this.later();
    void this.run.find();
  }

  private async analyse(): Promise<void> {
    if (this._busy) {
      this._again = true;
      return;
    }
    const order = this.order();
    const text = JSON.stringify(order);
    if (text === this._asked || this._disposed) {
      return;
    }
    this._busy = true;
    const sent = this.cells();
    try {
      const analysis = await this.api.analyse(order);
      this._asked = text;
      this._sent = sent;
      this._trouble = null;
      this.take(analysis);
    } catch (error) {
      this._trouble = error instanceof Error ? error.message : String(error);
    } finally {
      this._busy = false;
    }
    if (!this._disposed) {
      this._changed.emit();
      if (this._again) {
        this._again = false;
        this.later();
      }
    }
  }

  private take(analysis: IAnalysis): void {
    const before = this._analysis;
    this._stale = analysis.steps === null && !!before?.steps;
    this._analysis =
      this._stale && before
        ? { ...before, compiles: false, diagnostics: analysis.diagnostics }
        : analysis;
    if (!this._stale) {
      this._places = new Map(
        analysis.cells.flatMap(place => {
          const cell = this.cell(place.number);
          return cell ? [[cell.id, place] as const] : [];
        })
      );
    }
  }

  private remember(): void {
    this._sent = this.cells();
  }

  private cells(): ICellModel[] {
    return [...this.panel.context.model.cells];
  }

  private _changed = new Signal<this, void>(this);
  private _analysis: IAnalysis | null = null;
  private _suggestion: ISuggestion | null = null;
  private _selection: Selection | null = null;
  private _places = new Map<string, ICellPlace>();
  private _sent: ICellModel[] = [];
  private _settings: { before: Settings; after: Settings }[] = [];
  private _asked = '';
  private _trouble: string | null = null;
  private _busy = false;
  private _again = false;
  private _stale = false;
  private _disposed = false;
  private _timer = 0;
}

function isEqual(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Return the tags of a cell. */
export function tagsOf(cell: ICellModel): string[] {
  const tags = cell.getMetadata('tags') as unknown;
  return Array.isArray(tags) ? tags.filter((tag): tag is string => typeof tag === 'string') : [];
}
