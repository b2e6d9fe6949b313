/** What is selected in the graph: a step with its run, or an edge with its variables. */

import { OutputAreaModel, SimplifiedOutputArea } from '@jupyterlab/outputarea';
import type { IOutput } from '@jupyterlab/nbformat';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import * as React from 'react';
import type { Session } from '../session';
import type { IEdge, IFlow, IRunStepDetails, IStep } from '../types';
import { seconds, SIGNS, statusText } from './graphview';

export function StepDetails(props: {
  session: Session;
  step: IStep;
  trans: TranslationBundle;
}): JSX.Element {
  const { session, step, trans } = props;
  const run = session.run.step(step.name);
  const rows: [string, string][] = [
    [trans.__('Cells'), step.cells.join(', ')],
    [trans.__('Comes in'), step.inputs.join(', ')],
    [trans.__('Goes out'), step.outputs.join(', ')],
    [trans.__('Parameters'), step.parameters.join(', ')],
    [trans.__('Also after'), step.after.join(', ')]
  ];
  return (
    <section className="nb2p-Details" aria-label={trans.__('Step %1', step.name)}>
      <h3>{step.name}</h3>
      <dl>
        {rows
          .filter(([, text]) => text)
          .map(([name, text]) => (
            <React.Fragment key={name}>
              <dt>{name}</dt>
              <dd>{text}</dd>
            </React.Fragment>
          ))}
        {run && (
          <>
            <dt>{trans.__('Run')}</dt>
            <dd>
              {SIGNS[run.status]} {statusText(run, trans)}
              {run.seconds ? `, ${seconds(run.seconds)}` : ''}
            </dd>
          </>
        )}
      </dl>
      {session.run.details && (
        <RunOutputs
          details={session.run.details}
          rendermime={session.panel.content.rendermime}
          trans={trans}
        />
      )}
    </section>
  );
}

function RunOutputs(props: {
  details: IRunStepDetails;
  rendermime: IRenderMimeRegistry;
  trans: TranslationBundle;
}): JSX.Element {
  const { details, rendermime, trans } = props;
  const shown = details.cells.filter(cell => cell.outputs.length);
  return (
    <>
      {shown.map(cell => (
        <div key={cell.number} className="nb2p-CellOutputs">
          <h4>{trans.__('Cell %1', cell.number)}</h4>
          <Outputs outputs={cell.outputs as IOutput[]} rendermime={rendermime} />
        </div>
      ))}
      {details.log_tail.length > 0 && (
        <details>
          <summary>{trans.__('Log')}</summary>
          <pre className="nb2p-Log" tabIndex={0} aria-label={trans.__('Log of %1', details.name)}>
            {details.log_tail.join('\n')}
          </pre>
        </details>
      )}
    </>
  );
}

/** Outputs as the notebook would show them; a change shows them anew. */
function Outputs(props: { outputs: IOutput[]; rendermime: IRenderMimeRegistry }): JSX.Element {
  const host = React.useRef<HTMLDivElement>(null);
  const text = JSON.stringify(props.outputs);
  // A layout effect is undone while its node is still there, as the widget needs it.
  React.useLayoutEffect(() => {
    const area = new SimplifiedOutputArea({
      model: new OutputAreaModel({ values: JSON.parse(text) as IOutput[], trusted: false }),
      rendermime: props.rendermime
    });
    if (host.current) {
      Widget.attach(area, host.current);
    }
    return () => area.dispose();
  }, [text, props.rendermime]);
  return <div ref={host} className="nb2p-Outputs" />;
}

export function EdgeDetails(props: {
  edge: IEdge;
  trans: TranslationBundle;
  onGo: (flow: IFlow) => void;
}): JSX.Element {
  const { edge, trans, onGo } = props;
  return (
    <section
      className="nb2p-Details"
      aria-label={trans.__('From %1 to %2', edge.source, edge.target)}
    >
      <h3>
        {edge.source} → {edge.target}
      </h3>
      {edge.variables.length === 0 && (
        <p>{trans.__('Nothing flows: a tag asks for this order.')}</p>
      )}
      <ul className="nb2p-Flows">
        {edge.variables.map(flow => (
          <li key={flow.name}>
            <strong>{flow.name}</strong>
            {flow.cell !== null && (
              <button
                type="button"
                className="nb2p-Link"
                aria-label={trans.__('Go to the line that makes %1', flow.name)}
                onClick={() => onGo(flow)}
              >
                {trans.__('cell %1, line %2', flow.cell, flow.line ?? 1)}
                <code>{flow.text}</code>
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
