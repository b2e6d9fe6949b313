/** The plugin: sessions for notebooks, the panel, and commands. */

import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, IFrame, MainAreaWidget } from '@jupyterlab/apputils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator, type TranslationBundle } from '@jupyterlab/translation';
import { Actions } from './actions';
import { Api, type ICluster } from './api';
import { pipelineIcon } from './icon';
import { Session } from './session';
import { Strips } from './strips';
import { Panel } from './widgets/panel';

const PLUGIN = 'nb2pipe:plugin';

namespace CommandIDs {
  export const convert = 'nb2pipe:convert';
  export const show = 'nb2pipe:show-panel';
  export const run = 'nb2pipe:run-here';
  export const cancel = 'nb2pipe:cancel-run';
  export const suggest = 'nb2pipe:suggest-steps';
  export const submit = 'nb2pipe:submit';
  export const edit = 'nb2pipe:edit-cell';
}

const plugin: JupyterFrontEndPlugin<void> = {
  id: PLUGIN,
  description: 'Turns the open notebook into a pipeline: steps, diagnostics, runs.',
  autoStart: true,
  requires: [INotebookTracker, IDocumentManager, ISettingRegistry],
  optional: [ITranslator, ICommandPalette, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    documents: IDocumentManager,
    registry: ISettingRegistry,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null
  ) => {
    const begin = performance.now();
    const trans = (translator ?? nullTranslator).load('nb2pipe');
    // Nothing waits for the server: JupyterLab starts as fast as without us.
    void start(app, tracker, documents, registry, trans, palette, restorer).catch(error =>
      console.error('nb2pipe cannot start', error)
    );
    performance.measure('nb2pipe:activate', { start: begin });
  }
};

async function start(
  app: JupyterFrontEnd,
  tracker: INotebookTracker,
  documents: IDocumentManager,
  registry: ISettingRegistry,
  trans: TranslationBundle,
  palette: ICommandPalette | null,
  restorer: ILayoutRestorer | null
): Promise<void> {
  const api = new Api(app.serviceManager.serverSettings);
  const [forms, settings] = await Promise.all([api.forms(), registry.load(PLUGIN)]);
  const text = (key: string): string => String(settings.composite[key] ?? '');
  // What was chosen holds at once, also while it is being saved.
  let target = text('target') || 'kfp';
  settings.changed.connect(() => {
    target = text('target') || 'kfp';
  });
  const actions = new Actions(
    api,
    documents,
    {
      cluster: () => ({ host: text('host'), namespace: text('namespace') }),
      remember: async (cluster: ICluster) => {
        await settings.set('host', cluster.host);
        await settings.set('namespace', cluster.namespace);
      }
    },
    (url, title) => showReport(app, url, title),
    trans
  );
  const panel = new Panel({
    actions,
    forms,
    trans,
    target: () => target,
    setTarget: chosen => {
      target = chosen;
      void settings.set('target', chosen);
    }
  });
  panel.id = 'nb2pipe-panel';
  panel.title.icon = pipelineIcon;
  panel.title.caption = trans.__('Pipeline');
  app.shell.add(panel, 'right', { rank: 700 });
  restorer?.add(panel, panel.id);

  const sessions = new Map<NotebookPanel, { session: Session; strips: Strips }>();
  const follow = (notebook: NotebookPanel): void => {
    const session = new Session(notebook, api);
    const strips = new Strips(session, forms.schema.$defs.step.properties, trans);
    sessions.set(notebook, { session, strips });
    notebook.disposed.connect(() => {
      sessions.delete(notebook);
      if (panel.session === session) {
        panel.session = null;
      }
    });
  };
  const turn = (): void => {
    panel.session = (tracker.currentWidget && sessions.get(tracker.currentWidget)?.session) ?? null;
  };
  tracker.forEach(follow);
  tracker.widgetAdded.connect((_, notebook) => {
    follow(notebook);
    turn();
  });
  tracker.currentChanged.connect(turn);
  turn();
  const current = (): Session | null => panel.session;
  addCommands(app, trans, palette, {
    current,
    actions,
    target: () => target,
    show: () => app.shell.activateById(panel.id),
    edit: () => {
      const notebook = tracker.currentWidget;
      const cell = notebook?.content.activeCell;
      if (notebook && cell) {
        sessions.get(notebook)?.strips.edit(cell);
      }
    }
  });
}

interface ICommandTools {
  current: () => Session | null;
  actions: Actions;
  target: () => string;
  show: () => void;
  edit: () => void;
}

function addCommands(
  app: JupyterFrontEnd,
  trans: TranslationBundle,
  palette: ICommandPalette | null,
  tools: ICommandTools
): void {
  const { actions, current, show } = tools;
  const add = (
    id: string,
    label: string,
    caption: string,
    act: (session: Session) => unknown,
    isEnabled: (session: Session) => boolean = () => true
  ): void => {
    app.commands.addCommand(id, {
      label,
      caption,
      icon: id === CommandIDs.convert ? pipelineIcon : undefined,
      isEnabled: () => {
        const session = current();
        return session !== null && isEnabled(session);
      },
      describedBy: { args: { type: 'object', properties: {} } },
      execute: async () => {
        const session = current();
        if (session) {
          await act(session);
        }
      }
    });
    palette?.addItem({ command: id, category: trans.__('Pipeline') });
  };
  add(
    CommandIDs.convert,
    trans.__('Convert to Pipeline'),
    trans.__('Write the pipeline of this notebook, and show its steps'),
    async session => {
      show();
      await actions.convert(session, tools.target());
    }
  );
  add(
    CommandIDs.show,
    trans.__('Show Pipeline'),
    trans.__('Show the steps of this notebook'),
    show
  );
  add(
    CommandIDs.run,
    trans.__('Run Pipeline Here'),
    trans.__('Run the steps of this notebook on this machine'),
    async session => {
      show();
      await actions.run(session, {});
    },
    session => !session.run.isRunning
  );
  add(
    CommandIDs.cancel,
    trans.__('Cancel Pipeline Run'),
    trans.__('End the run of this notebook'),
    session => actions.cancel(session),
    session => session.run.isRunning
  );
  add(
    CommandIDs.suggest,
    trans.__('Suggest Pipeline Steps'),
    trans.__('Suggest steps for this notebook'),
    async session => {
      show();
      await actions.suggest(session);
    }
  );
  add(
    CommandIDs.submit,
    trans.__('Submit Pipeline to Kubeflow…'),
    trans.__('Run this notebook in Kubeflow'),
    session => actions.submit(session, {})
  );
  add(
    CommandIDs.edit,
    trans.__('Edit Step of Cell'),
    trans.__('Change the step, role and options of the active cell'),
    tools.edit
  );
}

/** Show the page of a run, which may load and run nothing. */
function showReport(app: JupyterFrontEnd, url: string, title: string): void {
  const frame = new IFrame({ sandbox: [] });
  frame.url = url;
  const widget = new MainAreaWidget({ content: frame });
  widget.title.label = title;
  widget.title.icon = pipelineIcon;
  app.shell.add(widget, 'main');
}

export default plugin;
