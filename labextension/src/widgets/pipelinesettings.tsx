/** The form of the pipeline's settings, which live in the notebook's metadata. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { readSettings, type Settings } from '../settings';
import type { Fields } from '../types';
import { Field } from './fields';

export function PipelineSettings(props: {
  settings: Settings;
  fields: Fields;
  trans: TranslationBundle;
  onChange: (name: string, text: string) => void;
}): JSX.Element {
  const { settings, fields, trans, onChange } = props;
  const texts = readSettings(settings, Object.keys(fields));
  return (
    <div className="nb2p-Grid nb2p-mod-single">
      {Object.entries(fields).map(([name, field]) => (
        <Draft key={`${name}=${texts[name] ?? ''}`} text={texts[name] ?? ''}>
          {(text, setText) => (
            <Field
              field={field}
              value={text}
              trans={trans}
              onChange={setText}
              onCommit={() => text !== texts[name] && onChange(name, text)}
            />
          )}
        </Draft>
      ))}
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
