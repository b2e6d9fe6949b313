/** The steps that are suggested, to accept one by one or all together. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { ISuggestedStep, ISuggestion } from '../types';
import { seconds } from './graphview';

export function Suggestions(props: {
  suggestion: ISuggestion;
  trans: TranslationBundle;
  onShow: (step: ISuggestedStep) => void;
  onAccept: (step?: string) => void;
  onDismiss: () => void;
}): JSX.Element {
  const { suggestion, trans, onShow, onAccept, onDismiss } = props;
  return (
    <section className="nb2p-Suggestions" aria-label={trans.__('Suggested steps')}>
      <h3>{trans.__('Suggested steps')}</h3>
      {suggestion.steps.length === 0 && <p>{trans.__('There is nothing to split.')}</p>}
      <ol>
        {suggestion.steps.map(step => (
          <li key={step.name}>
            <button type="button" className="nb2p-Link" onClick={() => onShow(step)}>
              {step.name}
              <span className="nb2p-Where">
                {trans.__(
                  'cells %1–%2',
                  step.cells[0] ?? 0,
                  step.cells[step.cells.length - 1] ?? 0
                )}
                {step.seconds === null ? '' : `, ${seconds(step.seconds)}`}
              </span>
            </button>
            <button
              type="button"
              className="nb2p-Button"
              aria-label={trans.__('Accept %1', step.name)}
              onClick={() => onAccept(step.name)}
            >
              {trans.__('Accept')}
            </button>
            <p className="nb2p-Hint">
              {step.reason}
              {step.variables.length > 0 && `; ${trans.__('needs %1', step.variables.join(', '))}`}
            </p>
          </li>
        ))}
      </ol>
      <div className="nb2p-Buttons">
        <button
          type="button"
          className="nb2p-Button nb2p-mod-main"
          disabled={suggestion.steps.length === 0}
          onClick={() => onAccept()}
        >
          {trans.__('Accept all')}
        </button>
        <button type="button" className="nb2p-Button" onClick={onDismiss}>
          {trans.__('Dismiss')}
        </button>
      </div>
    </section>
  );
}
