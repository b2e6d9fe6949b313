/** The list of diagnostics; each leads to its place. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { worstFirst } from '../diagnostics';
import type { IDiagnostic, IFix, Severity } from '../types';

export function Problems(props: {
  diagnostics: readonly IDiagnostic[];
  trans: TranslationBundle;
  onGo: (diagnostic: IDiagnostic) => void;
  onFix: (fix: IFix) => void;
}): JSX.Element {
  const { diagnostics, trans, onGo, onFix } = props;
  const severities: Record<Severity, string> = {
    error: trans.__('Error'),
    warning: trans.__('Warning'),
    hint: trans.__('Hint')
  };
  return (
    <ul className="nb2p-Problems">
      {worstFirst(diagnostics).map((item, index) => (
        <li key={index} className={`nb2p-mod-${item.severity}`} data-code={item.code}>
          <button
            type="button"
            className="nb2p-Link"
            disabled={item.cell === null}
            onClick={() => onGo(item)}
          >
            <span className="nb2p-Severity">{severities[item.severity]}</span> {item.code}
            {item.cell !== null && (
              <span className="nb2p-Where">
                {item.line === null
                  ? trans.__('cell %1', item.cell)
                  : trans.__('cell %1, line %2', item.cell, item.line)}
              </span>
            )}
          </button>
          <p>
            <Marked text={item.message} />
          </p>
          {item.hint && (
            <p className="nb2p-Hint">
              <Marked text={item.hint} />
            </p>
          )}
          {item.fixes.map(fix => (
            <button
              key={fix.title}
              type="button"
              className="nb2p-Button"
              onClick={() => onFix(fix)}
            >
              {trans.__('Fix')}
              <span className="nb2p-Hidden">: {fix.title}</span>
            </button>
          ))}
        </li>
      ))}
    </ul>
  );
}

/** A text whose backticks become code. */
export function Marked(props: { text: string }): JSX.Element {
  const parts = props.text.split('`');
  return (
    <>
      {parts.map((part, index) =>
        index % 2 && index < parts.length - 1 ? <code key={index}>{part}</code> : part
      )}
    </>
  );
}
