/** Running here, and the runs that are kept. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { ISubmitted } from '../api';
import { parameterLiteral, parameterText, parameterValue } from '../settings';
import type { IParameter, IRun, IRunStep } from '../types';
import { seconds, SIGNS, statusText } from './graphview';

/** Fields for the pipeline's parameters; `onChange` hears those that are not their default. */
export function Parameters(props: {
  parameters: readonly IParameter[];
  trans: TranslationBundle;
  onChange: (values: Record<string, unknown>, isRight: boolean) => void;
  onDefault: (parameter: IParameter, literal: string) => void;
}): JSX.Element {
  const { parameters, trans, onChange, onDefault } = props;
  // What was typed belongs to a default: for another one in the code it holds no more.
  const [typed, setTyped] = React.useState<Record<string, string>>({});
  const id = React.useId();
  const keyOf = (item: IParameter): string => JSON.stringify([item.name, item.type, item.default]);
  const values = parameters.flatMap(item => {
    const text = typed[keyOf(item)];
    return text === undefined ? [] : [[item.name, parameterValue(text, item.type)] as const];
  });
  const shown = JSON.stringify(values);
  React.useEffect(() => {
    onChange(
      Object.fromEntries(values.flatMap(([key, value]) => (value ? [[key, value.value]] : []))),
      values.every(([, value]) => value !== null)
    );
    return () => onChange({}, true);
  }, [shown]); // eslint-disable-line react-hooks/exhaustive-deps
  return (
    <div className="nb2p-Grid">
      {parameters.map(item => {
        const known = parameterText(item.default, item.type);
        const text = typed[keyOf(item)] ?? known;
        const wrong = parameterValue(text, item.type) === null;
        return (
          <div key={item.name} className="nb2p-Field">
            <label htmlFor={`${id}-${item.name}`}>
              {item.name} <span className="nb2p-Where">{item.type}</span>
            </label>
            <input
              id={`${id}-${item.name}`}
              type="text"
              value={text}
              aria-invalid={wrong}
              onChange={event => setTyped({ ...typed, [keyOf(item)]: event.target.value })}
            />
            {wrong && (
              <span className="nb2p-Wrong" role="alert">
                {trans.__('This is no %1.', item.type)}
              </span>
            )}
            {text !== known && <span className="nb2p-Where">{trans.__('Default: %1', known)}</span>}
            {text !== known && !wrong && item.place && (
              <button
                type="button"
                className="nb2p-Button"
                title={trans.__('Write this value into cell %1', item.place.cell)}
                aria-label={trans.__('Make it the default of %1', item.name)}
                onClick={() => onDefault(item, parameterLiteral(text, item.type))}
              >
                {trans.__('Make it the default')}
              </button>
            )}
          </div>
        );
      })}
    </div>
  );
}

/** The run that is shown on the graph. */
export function ShownRun(props: {
  run: IRun;
  trans: TranslationBundle;
  onCancel: () => void;
  onNotebook: () => void;
  onReport: () => void;
  onHide: () => void;
}): JSX.Element {
  const { run, trans } = props;
  const done = run.steps.filter(step => step.status === 'succeeded').length;
  const running = run.status === 'running';
  return (
    <section className="nb2p-Run" aria-label={trans.__('Run')} data-status={run.status}>
      <p role="status">
        <strong>{runText(run, trans)}</strong> {trans.__('%1 of %2 steps', done, run.steps.length)}
        {run.seconds !== null && `, ${seconds(run.seconds)}`}
      </p>
      <progress
        max={run.steps.length || 1}
        value={done}
        aria-label={trans.__('Steps that succeeded')}
      />
      <div className="nb2p-Buttons">
        {running ? (
          <button type="button" className="nb2p-Button" onClick={props.onCancel}>
            {trans.__('Cancel run')}
          </button>
        ) : (
          <>
            <button type="button" className="nb2p-Button" onClick={props.onNotebook}>
              {trans.__('Executed notebook')}
            </button>
            <button type="button" className="nb2p-Button" onClick={props.onReport}>
              {trans.__('Report')}
            </button>
            <button type="button" className="nb2p-Button" onClick={props.onHide}>
              {trans.__('Hide')}
            </button>
          </>
        )}
      </div>
    </section>
  );
}

export function RunsList(props: {
  runs: readonly IRun[];
  shown: IRun | null;
  trans: TranslationBundle;
  onShow: (run: IRun) => void;
  onReport: (run: IRun) => void;
}): JSX.Element {
  const { runs, shown, trans, onShow, onReport } = props;
  if (runs.length === 0) {
    return <p>{trans.__('No run of this notebook is kept.')}</p>;
  }
  return (
    <ul className="nb2p-Runs">
      {runs.map(run => {
        const when = new Date(run.started).toLocaleString();
        return (
          <li key={run.id} data-run={run.id}>
            <button
              type="button"
              className="nb2p-Link"
              aria-pressed={shown?.id === run.id}
              onClick={() => onShow(run)}
            >
              {SIGNS[run.status]} {when}
              <span className="nb2p-Where">
                {runText(run, trans)}
                {run.seconds !== null && `, ${seconds(run.seconds)}`}
              </span>
            </button>
            <button
              type="button"
              className="nb2p-Button"
              aria-label={trans.__('Report of the run of %1', when)}
              onClick={() => onReport(run)}
            >
              {trans.__('Report')}
            </button>
          </li>
        );
      })}
    </ul>
  );
}

/** A run in Kubeflow. */
export function Submitted(props: {
  submitted: ISubmitted;
  state: string;
  trans: TranslationBundle;
}): JSX.Element {
  const { submitted, state, trans } = props;
  return (
    <p className="nb2p-Submitted" role="status">
      {trans.__('Submitted to Kubeflow:')}{' '}
      <a href={submitted.url} target="_blank" rel="noopener noreferrer">
        {submitted.id}
      </a>{' '}
      {state}
    </p>
  );
}

function runText(run: IRun, trans: TranslationBundle): string {
  const step: IRunStep = { name: '', status: run.status, seconds: 0, reused: null };
  return statusText(step, trans);
}
