/** The side panel: the pipeline of the notebook that is in front. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import { type ISignal, Signal } from '@lumino/signaling';
import * as React from 'react';
import type { Actions } from '../actions';
import type { ISubmitted } from '../api';
import { counts } from '../diagnostics';
import { goTo, selectCells } from '../focus';
import type { Selection, Session } from '../session';
import { changeTags } from '../tags';
import type { IAnalysis, IFix, IForms, Severity } from '../types';
import { EdgeDetails, StepDetails } from './details';
import { GraphView } from './graphview';
import { PipelineSettings } from './pipelinesettings';
import { Problems } from './problems';
import { Parameters, RunsList, ShownRun, Submitted } from './runs';
import { Suggestions } from './suggestions';

export interface ITools {
  actions: Actions;
  forms: IForms;
  trans: TranslationBundle;
  target: () => string;
  setTarget: (target: string) => void;
}

export class Panel extends ReactWidget {
  constructor(private readonly tools: ITools) {
    super();
    this.addClass('nb2p-Panel');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', tools.trans.__('Pipeline'));
  }

  /** The notebook that is shown, null without one. */
  get session(): Session | null {
    return this._session;
  }

  set session(session: Session | null) {
    if (session !== this._session) {
      this._session?.changed.disconnect(this.tell, this);
      this._session = session;
      session?.changed.connect(this.tell, this);
      this.tell();
    }
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  protected render(): JSX.Element {
    const { trans } = this.tools;
    return (
      <UseSignal signal={this._changed}>
        {() =>
          this._session ? (
            <Pipeline key={this._session.panel.id} session={this._session} tools={this.tools} />
          ) : (
            <p className="nb2p-Empty">{trans.__('Open a notebook to see it as a pipeline.')}</p>
          )
        }
      </UseSignal>
    );
  }

  private tell(): void {
    this._changed.emit();
  }

  private _session: Session | null = null;
  private _changed = new Signal<this, void>(this);
}

interface IPartProps {
  session: Session;
  tools: ITools;
}

function Pipeline({ session, tools }: IPartProps): JSX.Element {
  const { actions, trans } = tools;
  const { analysis, run, suggestion } = session;
  const [parameters, setParameters] = React.useState<Record<string, unknown>>({});
  const [isRight, setRight] = React.useState(true);
  const [submitted, setSubmitted] = React.useState<ISubmitted | null>(null);
  const state = useSubmittedState(submitted, actions);
  const blocked = !analysis?.compiles || !isRight;
  return (
    <>
      <div className="nb2p-Header">
        <h2 title={session.path}>{analysis?.name ?? session.path.split('/').pop()}</h2>
        <div className="nb2p-Buttons" role="toolbar" aria-label={trans.__('Pipeline')}>
          <button
            type="button"
            className="nb2p-Button nb2p-mod-main"
            onClick={() => void actions.convert(session, tools.target())}
          >
            {trans.__('Convert')}
          </button>
          <button
            type="button"
            className="nb2p-Button"
            disabled={blocked || run.isRunning}
            onClick={() => void actions.run(session, parameters)}
          >
            {trans.__('Run here')}
          </button>
          <button
            type="button"
            className="nb2p-Button"
            disabled={blocked}
            onClick={() =>
              void actions.submit(session, parameters).then(done => done && setSubmitted(done))
            }
          >
            {trans.__('Submit…')}
          </button>
          <button
            type="button"
            className="nb2p-Button"
            onClick={() => void actions.suggest(session)}
          >
            {trans.__('Suggest steps')}
          </button>
        </div>
        <Summary session={session} trans={trans} />
      </div>
      {suggestion && (
        <Suggestions
          suggestion={suggestion}
          trans={trans}
          onShow={step => void showCells(session, step.cells)}
          onAccept={step => session.accept(step)}
          onDismiss={() => session.dismissSuggestion()}
        />
      )}
      {submitted && <Submitted submitted={submitted} state={state} trans={trans} />}
      {run.shown && (
        <ShownRun
          run={run.shown}
          trans={trans}
          onCancel={() => void actions.cancel(session)}
          onNotebook={() => run.shown && void actions.openExecuted(session, run.shown)}
          onReport={() => run.shown && actions.openReport(session, run.shown)}
          onHide={() => run.show(null)}
        />
      )}
      {run.shown && run.shown.diagnostics.length > 0 && (
        <Problems
          diagnostics={run.shown.diagnostics}
          trans={trans}
          onGo={item => void actions.goTo(session, item)}
          onFix={fix => repair(session, fix)}
        />
      )}
      {analysis?.steps && <Graph session={session} tools={tools} steps={analysis.steps} />}
      <Sections
        session={session}
        tools={tools}
        onParameters={(values, right) => {
          setParameters(values);
          setRight(right);
        }}
      />
    </>
  );
}

function Graph(props: IPartProps & { steps: NonNullable<IAnalysis['steps']> }): JSX.Element {
  const { session, steps, tools } = props;
  const { trans } = tools;
  const step = session.selectedStep;
  const edge = session.selectedEdge;
  return (
    <>
      <GraphView
        steps={steps}
        edges={session.analysis?.edges ?? []}
        selection={session.selection}
        isStale={session.isStale}
        statusOf={name => session.run.step(name)}
        trans={trans}
        onSelect={selection => select(session, selection)}
      />
      {step && <StepDetails session={session} step={step} trans={trans} />}
      {edge && (
        <EdgeDetails
          edge={edge}
          trans={trans}
          onGo={flow => {
            const cell = session.cell(flow.cell);
            if (cell) {
              void goTo(session.panel, cell, { line: flow.line });
            }
          }}
        />
      )}
    </>
  );
}

function Sections(
  props: IPartProps & {
    onParameters: (values: Record<string, unknown>, isRight: boolean) => void;
  }
): JSX.Element {
  const { session, tools, onParameters } = props;
  const { actions, forms, trans } = tools;
  const { analysis, run } = session;
  const diagnostics = analysis?.diagnostics ?? [];
  const parameters = analysis?.parameters ?? [];
  return (
    <>
      <details open>
        <summary>{trans.__('Problems (%1)', diagnostics.length)}</summary>
        {diagnostics.length === 0 && <p>{trans.__('There are none.')}</p>}
        <Problems
          diagnostics={diagnostics}
          trans={trans}
          onGo={item => void actions.goTo(session, item)}
          onFix={fix => repair(session, fix)}
        />
      </details>
      {parameters.length > 0 && (
        <details open>
          <summary>{trans.__('Parameters (%1)', parameters.length)}</summary>
          <Parameters
            parameters={parameters}
            trans={trans}
            onChange={onParameters}
            onDefault={(parameter, literal) => session.setDefault(parameter, literal)}
          />
        </details>
      )}
      <details>
        <summary>{trans.__('Pipeline settings')}</summary>
        <Target tools={tools} />
        <PipelineSettings
          settings={session.settings}
          forms={forms}
          trans={trans}
          onChange={settings => session.setSettings(settings)}
        />
        <button
          type="button"
          className="nb2p-Button"
          disabled={!session.canUndoSettings}
          onClick={() => session.undoSettings()}
        >
          {trans.__('Undo change of settings')}
        </button>
      </details>
      <details open={run.kept.length > 0}>
        <summary>{trans.__('Runs (%1)', run.kept.length)}</summary>
        <RunsList
          runs={run.kept}
          shown={run.shown}
          trans={trans}
          onShow={item => run.show(item)}
          onReport={item => actions.openReport(session, item)}
        />
      </details>
    </>
  );
}

function Target({ tools }: { tools: ITools }): JSX.Element {
  const [target, setTarget] = React.useState(tools.target());
  const id = React.useId();
  return (
    <div className="nb2p-Field">
      <label htmlFor={id}>{tools.trans.__('Target')}</label>
      <select
        id={id}
        value={target}
        onChange={event => {
          setTarget(event.target.value);
          tools.setTarget(event.target.value);
        }}
      >
        {tools.forms.targets.map(name => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </div>
  );
}

/** One line that says how things are, also to a screen reader. */
function Summary(props: Pick<IPartProps, 'session'> & Pick<ITools, 'trans'>): JSX.Element {
  const { session, trans } = props;
  const { analysis, trouble } = session;
  const words: Record<Severity, (count: number) => string> = {
    error: count => trans._n('%1 error', '%1 errors', count),
    warning: count => trans._n('%1 warning', '%1 warnings', count),
    hint: count => trans._n('%1 hint', '%1 hints', count)
  };
  const parts = analysis
    ? [
        trans._n('%1 step', '%1 steps', analysis.steps?.length ?? 0),
        ...counts(analysis.diagnostics).map(([severity, count]) => words[severity](count))
      ]
    : [trans.__('Looking at the notebook…')];
  return (
    <p className="nb2p-Summary" role="status">
      {trouble ? trans.__('The server does not answer: %1', trouble) : parts.join(', ')}
    </p>
  );
}

function select(session: Session, selection: Selection): void {
  session.select(selection);
  if (selection.kind === 'step') {
    void session.run.follow(selection.name);
    void showCells(session, session.selectedStep?.cells ?? []);
  }
}

async function showCells(session: Session, numbers: readonly number[]): Promise<void> {
  const cells = numbers.flatMap(number => session.cell(number) ?? []);
  await selectCells(session.panel, cells);
}

function repair(session: Session, fix: IFix): void {
  session.repair(fix, (tags, item) => changeTags(tags, item.add, item.remove));
}

/** Ask Kubeflow now and then what became of a run. */
function useSubmittedState(submitted: ISubmitted | null, actions: Actions): string {
  const [state, setState] = React.useState('');
  React.useEffect(() => {
    if (!submitted) {
      return undefined;
    }
    let timer = 0;
    let over = false;
    const look = async (): Promise<void> => {
      const found = await actions.submittedState(submitted.id);
      if (!over) {
        setState(found);
        if (!['SUCCEEDED', 'FAILED', 'CANCELED', 'SKIPPED'].includes(found)) {
          timer = window.setTimeout(() => void look(), 5000);
        }
      }
    };
    void look();
    return () => {
      over = true;
      window.clearTimeout(timer);
    };
  }, [submitted, actions]);
  return state;
}
