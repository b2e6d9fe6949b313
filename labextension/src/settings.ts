/** The pipeline's settings in the notebook's metadata, under `nb2pipe`, as a form shows them. */

import type { Fields, IField } from './types';

export type Settings = Record<string, unknown>;
type Volume = { name?: unknown; mount_path?: unknown; read_only?: unknown };

/** Return the texts of a form. */
export function readSettings(settings: Settings, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.map(name => {
      const value = settings[name];
      if (name === 'volumes') {
        return [name, Array.isArray(value) ? value.map(volumeText).join('\n') : ''];
      }
      return [name, typeof value === 'string' ? value : ''];
    })
  );
}

/** Return the settings with one changed by a form; an empty text takes it away. Others stay. */
export function writeSetting(settings: Settings, name: string, text: string): Settings {
  const changed = Object.fromEntries(Object.entries(settings).filter(([key]) => key !== name));
  const trimmed = text.trim();
  if (trimmed === '') {
    return changed;
  }
  if (name !== 'volumes') {
    return { ...changed, [name]: trimmed };
  }
  const before = Array.isArray(settings.volumes) ? (settings.volumes as Volume[]) : [];
  const volumes = trimmed
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
    .map(line => volumeOf(line, before));
  return { ...changed, volumes };
}

/** Return the fields of options that can be set for all steps. */
export function defaultFields(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, field]) => field.setting));
}

/** Return the text of an option that is set for all steps; empty when it is not. */
export function readDefault(settings: Settings, field: IField): string {
  let value: unknown = settings.defaults;
  for (const key of field.setting ?? []) {
    value = isTable(value) ? value[key] : undefined;
  }
  if (field.type === 'array') {
    const lines = isTable(value) ? Object.entries(value) : [];
    return lines.map(([name, item]) => `${name}=${item}`).join('\n');
  }
  if (typeof value === 'boolean') {
    return value ? 'on' : 'off';
  }
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** Return the settings with an option of all steps changed; an empty text takes it away. Others stay. */
export function writeDefault(settings: Settings, field: IField, text: string): Settings {
  const value = text.trim() === '' ? undefined : defaultValue(settings, field, text.trim());
  return changed(settings, ['defaults', ...(field.setting ?? [])], value);
}

function defaultValue(settings: Settings, field: IField, text: string): unknown {
  if (field.enum) {
    return text === 'on';
  }
  if (field.type === 'array') {
    const lines = text.split('\n').map(line => line.trim());
    const pairs = lines.filter(line => line !== '').map(line => /^([^=]*)=?(.*)$/.exec(line) ?? []);
    // What was a number stays one.
    const before = (settings.defaults as Settings | undefined)?.env;
    const known = isTable(before) ? before : {};
    return Object.fromEntries(
      pairs.map(([, name = '', item = '']) => [
        name,
        String(known[name]) === item ? known[name] : item
      ])
    );
  }
  return field.type === 'integer' ? Number(text) : text;
}

/** Return a table with the value at a path; undefined takes it away, and tables that are empty then. */
function changed(table: unknown, path: readonly string[], value: unknown): Settings {
  const before = isTable(table) ? table : {};
  const [key = '', ...rest] = path;
  const item = rest.length ? changed(before[key], rest, value) : value;
  const others = Object.entries(before).filter(([name]) => name !== key);
  const isEmpty =
    item === undefined || (rest.length > 0 && Object.keys(item as object).length === 0);
  return Object.fromEntries(isEmpty ? others : [...others, [key, item]]);
}

function isTable(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function volumeText(volume: Volume): string {
  return `${volume.name}:${volume.mount_path}${volume.read_only === true ? ':ro' : ''}`;
}

/** Return the volume of a line, with what a form does not show as it was. */
function volumeOf(line: string, before: readonly Volume[]): Volume {
  const [name, path, mode] = line.split(':');
  const known = before.find(volume => volume.name === name && volume.mount_path === path) ?? {};
  const { read_only: _, ...rest } = known;
  return { ...rest, name, mount_path: path ?? '', ...(mode === 'ro' ? { read_only: true } : {}) };
}

/** Return the value that somebody typed for a parameter; null when it is not of its type. */
export function parameterValue(text: string, type: string): { value: unknown } | null {
  const trimmed = text.trim();
  if (type === 'str') {
    return { value: text };
  }
  if (type === 'bool') {
    const word = trimmed.toLowerCase();
    return word === 'true' ? { value: true } : word === 'false' ? { value: false } : null;
  }
  let value: unknown;
  try {
    value = JSON.parse(trimmed);
  } catch {
    return null;
  }
  const fits =
    type === 'int'
      ? Number.isSafeInteger(value) // a larger one would become another
      : type === 'float'
        ? typeof value === 'number'
        : type === 'list'
          ? Array.isArray(value)
          : typeof value === 'object' && value !== null && !Array.isArray(value);
  return fits ? { value } : null;
}

/** Return the value that somebody typed for a parameter as Python has it. */
export function parameterLiteral(text: string, type: string): string {
  const trimmed = text.trim();
  switch (type) {
    case 'str':
      return JSON.stringify(text);
    case 'bool':
      return trimmed.toLowerCase() === 'true' ? 'True' : 'False';
    case 'float':
      return /[.eE]/.test(trimmed) ? trimmed : `${trimmed}.0`;
    default:
      // JSON, but for three words, and characters that stand in a text as two halves.
      return trimmed.replace(/"(?:[^"\\]|\\.)*"|true|false|null/g, part =>
        part.startsWith('"') ? JSON.stringify(JSON.parse(part)) : (WORDS[part] ?? part)
      );
  }
}

const WORDS: Record<string, string> = { true: 'True', false: 'False', null: 'None' };

/** Return a parameter's default as somebody would type it. */
export function parameterText(value: unknown, type: string): string {
  return type === 'str' ? String(value) : JSON.stringify(value);
}
