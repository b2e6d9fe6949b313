/** What buttons and commands do: convert, run, submit, open what came out. */

import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Api, ICluster, ISubmitted } from './api';
import { goTo } from './focus';
import type { Session } from './session';
import type { IDiagnostic, IRefused, IRun } from './types';
import { SubmitForm } from './widgets/submitform';

/** What is remembered of Kubeflow between sessions. */
export interface IRemembered {
  cluster: () => ICluster;
  remember: (cluster: ICluster) => Promise<void>;
}

export class Actions {
  constructor(
    private readonly api: Api,
    private readonly documents: IDocumentManager,
    private readonly cluster: IRemembered,
    private readonly showReport: (url: string, title: string) => void,
    private readonly trans: TranslationBundle
  ) {}

  /** Write the pipeline beside the notebook and offer to open it. */
  async convert(session: Session, target: string): Promise<void> {
    await this.guarded(async () => {
      const converted = await this.api.convert(session.order(), target);
      await session.refresh();
      const [file] = converted.written;
      if (file === undefined) {
        this.refuse(session, converted);
        return;
      }
      const names = converted.written.map(path => path.split('/').pop()).join(', ');
      Notification.success(this.trans.__('Wrote %1', names), {
        actions: [{ label: this.trans.__('Open'), callback: () => this.open(file) }],
        autoClose: 20_000
      });
    });
  }

  async run(session: Session, parameters: Record<string, unknown>): Promise<void> {
    await this.guarded(async () => {
      const refused = await session.run.start(session.order(), parameters);
      if (refused) {
        await session.refresh();
        this.refuse(session, refused);
      }
    });
  }

  async cancel(session: Session): Promise<void> {
    await this.guarded(() => session.run.cancel());
  }

  async suggest(session: Session): Promise<void> {
    await this.guarded(() => session.suggest());
  }

  /** Ask where Kubeflow is, and send the pipeline there. */
  async submit(session: Session, parameters: Record<string, unknown>): Promise<ISubmitted | null> {
    const trans = this.trans;
    const form = new SubmitForm(this.cluster.cluster(), trans);
    const answer = await showDialog({
      title: trans.__('Submit to Kubeflow'),
      body: form,
      buttons: [
        Dialog.cancelButton({ label: trans.__('Cancel') }),
        Dialog.okButton({ label: trans.__('Submit') })
      ],
      focusNodeSelector: 'input'
    });
    const cluster = answer.value;
    if (!answer.button.accept || !cluster) {
      return null;
    }
    await this.cluster.remember(cluster);
    let submitted: ISubmitted | null = null;
    await this.guarded(async () => {
      const result = await this.api.submit(session.order(), cluster, parameters);
      if ('diagnostics' in result) {
        this.refuse(session, result);
      } else {
        submitted = result;
      }
    });
    return submitted;
  }

  /** Return the state of a run in Kubeflow; empty when it does not tell. */
  async submittedState(id: string): Promise<string> {
    try {
      return (await this.api.submitted(id, this.cluster.cluster())).state;
    } catch {
      return '';
    }
  }

  async openExecuted(session: Session, run: IRun): Promise<void> {
    await this.guarded(async () => {
      this.open((await this.api.executedNotebook(session.path, run.id)).path);
    });
  }

  openReport(session: Session, run: IRun): void {
    this.showReport(this.api.reportUrl(session.path, run.id), this.trans.__('Run %1', run.started));
  }

  open(path: string): void {
    this.documents.openOrReveal(path);
  }

  /** Go to where a diagnostic points. */
  async goTo(session: Session, diagnostic: IDiagnostic): Promise<void> {
    const cell = session.cell(diagnostic.cell);
    if (cell) {
      await goTo(session.panel, cell, diagnostic);
    }
  }

  private refuse(session: Session, refused: IRefused): void {
    const errors = refused.diagnostics.filter(item => item.severity === 'error');
    const [first] = errors;
    if (!first) {
      return;
    }
    const more = errors.length > 1 ? this.trans.__(' (and %1 more)', errors.length - 1) : '';
    Notification.error(`${first.code}: ${first.message}${more}`, {
      actions: [
        { label: this.trans.__('Go there'), callback: () => void this.goTo(session, first) }
      ],
      autoClose: false
    });
  }

  private async guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      Notification.error(error instanceof Error ? error.message : String(error), {
        autoClose: false
      });
    }
  }
}
