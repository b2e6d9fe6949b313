/** Cell tags: what they say about a step, and how to change them. The server decides what they mean. */

import type { Fields, ISuggestion } from './types';

export const ROLES = [
  'step',
  'imports',
  'functions',
  'pipeline-parameters',
  'pipeline-metrics',
  'skip'
] as const;

export type Role = (typeof ROLES)[number];

const SPELLINGS: Record<string, Role> = {
  ...Object.fromEntries(ROLES.slice(1).map(role => [role, role])),
  parameters: 'pipeline-parameters'
};

/** What a form shows of a cell's tags; options by the name of their field. */
export interface ICellForm {
  step: string;
  role: Role;
  options: Record<string, string>;
}

/** Return what a cell's tags say; several values of a field stand on a line each. */
export function readTags(tags: readonly string[], fields: Fields): ICellForm {
  const form: ICellForm = { step: '', role: 'step', options: {} };
  for (const tag of tags) {
    const step = stepOf(tag);
    const role = roleOf(tag);
    if (step !== null) {
      form.step = step;
    } else if (role !== null) {
      form.role = role;
    } else {
      const found = optionOf(tag, fields);
      if (found) {
        const earlier = form.options[found.name];
        form.options[found.name] =
          earlier === undefined ? found.value : `${earlier}\n${found.value}`;
      }
    }
  }
  return form;
}

/** Return a cell's tags with those of the form instead of its own; all others stay where they are. */
export function writeTags(tags: readonly string[], form: ICellForm, fields: Fields): string[] {
  const kept = tags.filter(
    tag => stepOf(tag) === null && roleOf(tag) === null && optionOf(tag, fields) === null
  );
  const step = form.step.trim();
  const wanted = [
    ...(form.role === 'step' ? [] : [form.role]),
    ...(step && form.role !== 'skip' ? [`step:${step}`] : []),
    ...Object.entries(fields).flatMap(([name, field]) =>
      (form.options[name] ?? '')
        .split(field.type === 'array' ? '\n' : /$^/)
        .map(value => value.trim())
        .filter(value => value !== '')
        .map(value => (field.tag ?? '{}').replace('{}', () => value))
    )
  ];
  const own = tags.filter(tag => !kept.includes(tag));
  // Whoever changes nothing finds the tags as they were, in any spelling.
  return JSON.stringify(readTags(own, fields)) === JSON.stringify(readTags(wanted, fields))
    ? [...tags]
    : [...wanted, ...kept];
}

/** Return tags with one more, and perhaps one less. */
export function changeTags(tags: readonly string[], add: string, remove: string | null): string[] {
  const without = tags.filter(tag => tag !== remove && tag !== add);
  // A cell has one step: the new name replaces the old one.
  const step = stepOf(add) !== null;
  return [...without.filter(tag => !step || stepOf(tag) === null), add];
}

/** Return the tags that accepting suggested steps gives cells, by number; all of them without `only`. */
export function suggestedTags(suggestion: ISuggestion, only?: string): Map<number, string[]> {
  const step = suggestion.steps.find(item => item.name === only);
  return new Map(
    Object.entries(suggestion.tags)
      .map(([number, tags]) => [Number(number), tags] as const)
      .filter(([number]) => only === undefined || step?.cells.includes(number))
  );
}

/** Return why a value is not what a field takes, as a kind of mistake; null when it is. */
export function mistake(value: string, field: Fields[string]): 'number' | 'pattern' | null {
  const values = field.type === 'array' ? value.split('\n') : [value];
  for (const item of values.map(text => text.trim()).filter(text => text !== '')) {
    if (field.type === 'integer' && !/^\d+$/.test(item)) {
      return 'number';
    }
    const pattern = field.items?.pattern ?? field.pattern;
    if (pattern && !new RegExp(pattern).test(item)) {
      return 'pattern';
    }
  }
  return null;
}

/** Return the step that a tag names, null when it names none. */
export function stepOf(tag: string): string | null {
  const found = /^\s*(?:step|block)\s*:\s*(.*?)\s*$/i.exec(tag);
  return found ? (found[1] ?? '') : null;
}

function roleOf(tag: string): Role | null {
  return SPELLINGS[tag.trim().toLowerCase()] ?? null;
}

function optionOf(tag: string, fields: Fields): { name: string; value: string } | null {
  for (const [name, field] of Object.entries(fields)) {
    const start = (field.tag ?? '').replace('{}', '');
    if (start && tag.startsWith(start)) {
      return { name, value: tag.slice(start.length) };
    }
  }
  return null;
}
