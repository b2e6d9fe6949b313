/** The form of the pipeline's settings, which live in the notebook's metadata. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import {
  defaultFields,
  readDefault,
  readSettings,
  type Settings,
  writeDefault,
  writeSetting
} from '../settings';
import type { Fields, IField, IForms } from '../types';
import { Field, mistakeText } from './fields';

export function PipelineSettings(props: {
  settings: Settings;
  forms: IForms;
  trans: TranslationBundle;
  onChange: (settings: Settings) => void;
}): JSX.Element {
  const { settings, forms, trans, onChange } = props;
  const { pipeline, step } = forms.schema.$defs;
  const texts = readSettings(settings, Object.keys(pipeline.properties));
  const defaults = defaultFields(step.properties);
  return (
    <>
      <Drafts
        fields={pipeline.properties}
        textOf={name => texts[name] ?? ''}
        className="nb2p-Grid nb2p-mod-single"
        trans={trans}
        onChange={(name, text) => onChange(writeSetting(settings, name, text))}
      />
      <fieldset className="nb2p-Fieldset">
        <legend>{trans.__('Defaults of all steps')}</legend>
        <Drafts
          fields={defaults}
          textOf={(_, field) => readDefault(settings, field)}
          className="nb2p-Grid"
          trans={trans}
          onChange={(_, text, field) => onChange(writeDefault(settings, field, text))}
        />
      </fieldset>
    </>
  );
}

/** Fields that are taken when they are left, if they are right. */
function Drafts(props: {
  fields: Fields;
  textOf: (name: string, field: IField) => string;
  className: string;
  trans: TranslationBundle;
  onChange: (name: string, text: string, field: IField) => void;
}): JSX.Element {
  const { fields, textOf, className, trans, onChange } = props;
  return (
    <div className={className}>
      {Object.entries(fields).map(([name, field]) => {
        const known = textOf(name, field);
        return (
          <Draft key={`${name}=${known}`} text={known}>
            {(text, setText) => (
              <Field
                field={field}
                value={text}
                trans={trans}
                onChange={setText}
                onCommit={value =>
                  value.trim() !== known &&
                  mistakeText(value, field, trans) === null &&
                  onChange(name, value, field)
                }
              />
            )}
          </Draft>
        );
      })}
    </div>
  );
}

/** A text that is typed and not yet taken. */
function Draft(props: {
  text: string;
  children: (text: string, setText: (text: string) => void) => JSX.Element;
}): JSX.Element {
  const [text, setText] = React.useState(props.text);
  return props.children(text, setText);
}
