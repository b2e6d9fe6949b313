/** The form for a cell's step, role and options. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { type ICellForm, type Role, ROLES } from '../tags';
import type { Fields } from '../types';
import { Field, mistakeText } from './fields';

export interface IStepEditorProps {
  form: ICellForm;
  /** The step that the cell continues when it names none. */
  inherited: string;
  steps: readonly string[];
  fields: Fields;
  trans: TranslationBundle;
  onDone: (form: ICellForm) => void;
  onCancel: () => void;
}

export function StepEditor(props: IStepEditorProps): JSX.Element {
  const { inherited, steps, fields, trans, onDone, onCancel } = props;
  const [form, setForm] = React.useState(props.form);
  const id = React.useId();
  const first = React.useRef<HTMLInputElement>(null);
  React.useEffect(() => first.current?.focus(), []);
  const roles: Record<Role, string> = {
    step: trans.__('Part of a step'),
    imports: trans.__('Imports: run again where needed'),
    functions: trans.__('Functions: run again where needed'),
    'pipeline-parameters': trans.__('Pipeline parameters'),
    'pipeline-metrics': trans.__('Pipeline metrics'),
    skip: trans.__('Skip: not in the pipeline')
  };
  const wrong = Object.entries(fields).some(
    ([name, field]) => mistakeText(form.options[name] ?? '', field, trans) !== null
  );
  return (
    <form
      className="nb2p-StepEditor"
      aria-label={trans.__('Step, role and options of the cell')}
      data-lm-suppress-shortcuts="true"
      onSubmit={event => {
        event.preventDefault();
        if (!wrong) {
          onDone(form);
        }
      }}
      onKeyDown={event => {
        if (event.key === 'Escape') {
          event.stopPropagation();
          onCancel();
        } else if (event.key === 'Enter' && event.target === first.current) {
          // The list of steps that drops down would only close.
          event.preventDefault();
          event.currentTarget.requestSubmit();
        }
      }}
    >
      <div className="nb2p-Row">
        <div className="nb2p-Field">
          <label htmlFor={`${id}-step`}>{trans.__('Step')}</label>
          <input
            id={`${id}-step`}
            ref={first}
            type="text"
            list={`${id}-steps`}
            value={form.step}
            disabled={form.role === 'skip'}
            placeholder={
              inherited ? trans.__('continues %1', inherited) : trans.__('continues the step above')
            }
            onChange={event => setForm({ ...form, step: event.target.value })}
          />
          <datalist id={`${id}-steps`}>
            {steps.map(step => (
              <option key={step} value={step} />
            ))}
          </datalist>
        </div>
        <div className="nb2p-Field">
          <label htmlFor={`${id}-role`}>{trans.__('Role')}</label>
          <select
            id={`${id}-role`}
            value={form.role}
            onChange={event => setForm({ ...form, role: event.target.value as Role })}
          >
            {ROLES.map(role => (
              <option key={role} value={role}>
                {roles[role]}
              </option>
            ))}
          </select>
        </div>
      </div>
      <details open={Object.keys(form.options).length > 0}>
        <summary>{trans.__('Options of the step')}</summary>
        <div className="nb2p-Grid">
          {Object.entries(fields).map(([name, field]) => (
            <Field
              key={name}
              field={field}
              value={form.options[name] ?? ''}
              trans={trans}
              onChange={value => setForm({ ...form, options: { ...form.options, [name]: value } })}
            />
          ))}
        </div>
      </details>
      <div className="nb2p-Buttons">
        <button type="submit" className="nb2p-Button nb2p-mod-main" disabled={wrong}>
          {trans.__('Apply')}
        </button>
        <button type="button" className="nb2p-Button" onClick={onCancel}>
          {trans.__('Cancel')}
        </button>
      </div>
    </form>
  );
}
