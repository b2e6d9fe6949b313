/** Fields of forms, made of the server's schema. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { mistake } from '../tags';
import type { IField } from '../types';

export interface IFieldProps {
  field: IField;
  value: string;
  trans: TranslationBundle;
  onChange: (value: string) => void;
  /** Hears a value that is typed and left, or chosen. */
  onCommit?: (value: string) => void;
}

/** Return what is wrong with a value in words, null when nothing is. */
export function mistakeText(value: string, field: IField, trans: TranslationBundle): string | null {
  const example = [field.examples?.[0]].flat()[0];
  switch (mistake(value, field)) {
    case 'number':
      return trans.__('Type a whole number.');
    case 'pattern':
      return trans.__('Type it like this: %1', String(example ?? ''));
    default:
      return null;
  }
}

export function Field(props: IFieldProps): JSX.Element {
  const { field, value, trans, onChange, onCommit } = props;
  const id = React.useId();
  const wrong = mistakeText(value, field, trans);
  const example = [field.examples?.[0]].flat().join('\n');
  const common = {
    id,
    value,
    title: field.description ? trans.__(field.description) : undefined,
    'aria-invalid': wrong !== null,
    'aria-describedby': wrong ? `${id}-wrong` : undefined,
    onBlur: () => onCommit?.(value)
  };
  const set = (event: React.ChangeEvent<{ value: string }>): void => onChange(event.target.value);
  return (
    <div className="nb2p-Field">
      <label htmlFor={id}>{trans.__(field.title)}</label>
      {field.enum ? (
        <select
          {...common}
          onChange={event => {
            set(event);
            onCommit?.(event.target.value);
          }}
        >
          <option value="">{trans.__('not set')}</option>
          {field.enum.map(choice => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
      ) : field.type === 'array' ? (
        <textarea {...common} rows={2} placeholder={example} onChange={set} />
      ) : (
        <input
          {...common}
          type="text"
          inputMode={field.type === 'integer' ? 'numeric' : 'text'}
          placeholder={example}
          onChange={set}
          onKeyDown={event => event.key === 'Enter' && onCommit?.(value)}
        />
      )}
      {wrong && (
        <span id={`${id}-wrong`} className="nb2p-Wrong" role="alert">
          {wrong}
        </span>
      )}
    </div>
  );
}
