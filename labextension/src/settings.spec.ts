import { describe, expect, it } from 'vitest';
import { parameterText, parameterValue, readSettings, writeSetting } from './settings';

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

  it('is shown as it would be typed', () => {
    expect(parameterText('a"b', 'str')).toBe('a"b');
    expect(parameterText([1, 'a'], 'list')).toBe('[1,"a"]');
  });
});
