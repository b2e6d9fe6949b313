/** The run of a notebook that is shown: found again after a reload, and watched while it goes on. */

import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import type { Api, INotebookOrder } from './api';
import type { IRefused, IRun, IRunStep, IRunStepDetails } from './types';

const PERIOD = 500;

export class LiveRun implements IDisposable {
  constructor(
    private readonly api: Api,
    private readonly path: () => string
  ) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Emitted when a run that was watched has ended. */
  get ended(): ISignal<this, IRun> {
    return this._ended;
  }

  /** The run that is shown, null without one. */
  get shown(): IRun | null {
    return this._shown;
  }

  /** All runs that are kept, the newest first. */
  get kept(): readonly IRun[] {
    return this._kept;
  }

  get details(): IRunStepDetails | null {
    return this._details;
  }

  get isRunning(): boolean {
    return this._shown?.status === 'running';
  }

  get isDisposed(): boolean {
    return this._disposed;
  }

  dispose(): void {
    this._disposed = true;
    window.clearTimeout(this._timer);
    Signal.clearData(this);
  }

  /** Return what became of a step in the run that is shown. */
  step(name: string): IRunStep | null {
    return this._shown?.steps.find(step => step.name === name) ?? null;
  }

  /** Ask which runs are kept, and show the one that goes on. */
  async find(): Promise<void> {
    try {
      this._kept = await this.api.runs(this.path());
    } catch {
      this._kept = []; // the session says what is wrong with the server
    }
    const newest = this._kept[0];
    if (newest?.status === 'running' && !this.isRunning) {
      this.show(newest);
    }
    this._changed.emit();
  }

  async start(
    order: INotebookOrder,
    parameters: Record<string, unknown>
  ): Promise<IRefused | null> {
    const answer = await this.api.start(order, parameters);
    if (!('run' in answer)) {
      return answer;
    }
    this.show(await this.api.run(this.path(), answer.run));
    await this.find();
    return null;
  }

  async cancel(): Promise<void> {
    if (this._shown) {
      await this.api.cancel(this.path(), this._shown.id);
    }
  }

  /** Show a run on the graph; null for none. */
  show(run: IRun | null): void {
    this._shown = run;
    this._details = null;
    this._changed.emit();
    this.watch();
  }

  /** Follow the cells and the log of a step, too; null for none. */
  async follow(step: string | null): Promise<void> {
    if (step !== this._followed) {
      this._followed = step;
      this._details = null;
      await this.readDetails();
      this._changed.emit();
    }
  }

  private watch(): void {
    window.clearTimeout(this._timer);
    if (this.isRunning && !this._disposed) {
      this._timer = window.setTimeout(() => void this.look(), PERIOD);
    }
    void this.readDetails().then(() => this._changed.emit());
  }

  private async look(): Promise<void> {
    const before = this._shown;
    if (!before) {
      return;
    }
    try {
      const run = await this.api.run(this.path(), before.id);
      if (this._shown?.id !== run.id || this._disposed) {
        return;
      }
      this._shown = run;
      if (!this.isRunning) {
        this._ended.emit(run);
        await this.find();
      }
    } catch {
      // The server may be back in a moment.
    }
    this.watch();
  }

  private async readDetails(): Promise<void> {
    const run = this._shown;
    const step = this._followed;
    if (!run || step === null || !run.steps.some(item => item.name === step)) {
      this._details = null;
      return;
    }
    try {
      const details = await this.api.runStep(this.path(), run.id, step);
      if (this._shown?.id === run.id && this._followed === step) {
        this._details = details;
      }
    } catch {
      this._details = null;
    }
  }

  private _changed = new Signal<this, void>(this);
  private _ended = new Signal<this, IRun>(this);
  private _shown: IRun | null = null;
  private _kept: IRun[] = [];
  private _details: IRunStepDetails | null = null;
  private _followed: string | null = null;
  private _disposed = false;
  private _timer = 0;
}
