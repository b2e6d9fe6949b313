import { describe, expect, it } from 'vitest';
import {
  defaultFields,
  parameterLiteral,
  parameterText,
  parameterValue,
  readDefault,
  readSettings,
  writeDefault,
  writeSetting
} from './settings';
import type { Fields, IField } from './types';

describe('the settings of a pipeline', () => {
  const settings = {
    name: 'churn',
    defaults: { retry: 2 },
    volumes: [{ name: 'raw', mount_path: '/data', read_only: true, sub_path: 'a' }]
  };

  it('are shown as texts', () => {
    expect(readSettings(settings, ['name', 'image', 'volumes'])).toEqual({
      name: 'churn',
      image: '',
      volumes: 'raw:/data:ro'
    });
  });

  it('change one by one, and keep what the form does not show', () => {
    expect(writeSetting(settings, 'image', ' python:3.12 ')).toEqual({
      ...settings,
      image: 'python:3.12'
    });
    expect(writeSetting(settings, 'name', '')).not.toHaveProperty('name');
    expect(writeSetting(settings, 'volumes', 'raw:/data\nmore:/more:ro').volumes).toEqual([
      { name: 'raw', mount_path: '/data', sub_path: 'a' },
      { name: 'more', mount_path: '/more', read_only: true }
    ]);
  });
});

describe('options of all steps', () => {
  const fields: Fields = {
    image: { title: 'Image', type: 'string' },
    memory: { title: 'Memory', type: 'string', setting: ['limits', 'memory'] },
    retry: { title: 'Retries', type: 'integer', setting: ['retry'] },
    cache: { title: 'Cache', type: 'string', enum: ['on', 'off'], setting: ['cache'] },
    env: { title: 'Environment', type: 'array', setting: ['env'] }
  };
  const settings = {
    name: 'churn',
    defaults: {
      limits: { memory: '4Gi', 'amd.com/gpu': 1 },
      cache: false,
      env: { THREADS: 4, EMPTY: '' },
      labels: { team: 'growth' }
    }
  };
  const read = (from: Record<string, unknown>): Record<string, string> =>
    Object.fromEntries(
      Object.entries(fields).map(([name, field]) => [name, readDefault(from, field)])
    );
  const write = (name: string, text: string): Record<string, unknown> =>
    writeDefault(settings, fields[name] as IField, text);

  it('are those that have a place', () => {
    expect(Object.keys(defaultFields(fields))).toEqual(['memory', 'retry', 'cache', 'env']);
  });

  it('are shown as texts', () => {
    expect(read(settings)).toEqual({
      image: '',
      memory: '4Gi',
      retry: '',
      cache: 'off',
      env: 'THREADS=4\nEMPTY='
    });
    expect(read({ defaults: 'wrong' }).memory).toBe('');
  });

  it('change one by one, and keep what the form does not show', () => {
    expect(write('retry', '2')).toEqual({
      name: 'churn',
      defaults: { ...settings.defaults, retry: 2 }
    });
    expect(write('cache', 'on').defaults).toEqual({ ...settings.defaults, cache: true });
    expect(write('memory', '').defaults).toEqual({
      ...settings.defaults,
      limits: { 'amd.com/gpu': 1 }
    });
    expect(write('env', 'THREADS=4\nURL=a=b').defaults).toEqual({
      ...settings.defaults,
      env: { THREADS: 4, URL: 'a=b' }
    });
  });

  it('leave no empty table behind', () => {
    const only = { defaults: { limits: { memory: '4Gi' } } };
    expect(writeDefault(only, fields.memory as IField, '')).toEqual({});
  });
});

describe('the value of a parameter', () => {
  it.each([
    ['3', 'int', 3],
    ['2.5', 'float', 2.5],
    ['-1', 'int', -1],
    ['True', 'bool', true],
    ['false', 'bool', false],
    ['3', 'str', '3'],
    ['', 'str', ''],
    ['[1, "a"]', 'list', [1, 'a']],
    ['{"a": 1}', 'dict', { a: 1 }]
  ])('%j is taken as %s', (text, type, value) => {
    expect(parameterValue(text, type)).toEqual({ value });
  });

  it.each([
    ['2.5', 'int'],
    ['12345678901234567891', 'int'],
    ['', 'int'],
    ['x', 'float'],
    ['"2"', 'float'],
    ['yes', 'bool'],
    ['{}', 'list'],
    ['[]', 'dict'],
    ['null', 'dict']
  ])('%j is no %s', (text, type) => {
    expect(parameterValue(text, type)).toBeNull();
  });

  it.each([
    ['3', 'int', '3'],
    ['3', 'float', '3.0'],
    ['2e3', 'float', '2e3'],
    ['true', 'bool', 'True'],
    ["it's", 'str', '"it\'s"'],
    ['true', 'str', '"true"'],
    ['[true, "true", null]', 'list', '[True, "true", None]'],
    ['{"\\ud83d\\ude00": 1.0}', 'dict', '{"😀": 1.0}']
  ])('%j as %s is in Python %s', (text, type, literal) => {
    expect(parameterLiteral(text, type)).toBe(literal);
  });

  it('is shown as it would be typed', () => {
    expect(parameterText('a"b', 'str')).toBe('a"b');
    expect(parameterText([1, 'a'], 'list')).toBe('[1,"a"]');
  });
});
