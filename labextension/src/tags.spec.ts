import { describe, expect, it } from 'vitest';
import { changeTags, mistake, readTags, suggestedTags, writeTags } from './tags';
import type { Fields } from './types';

const FIELDS: Fields = {
  memory: { title: 'Memory', type: 'string', pattern: '^[0-9]+Gi$', tag: 'limit:memory:{}' },
  retry: { title: 'Retries', type: 'integer', tag: 'retry:{}' },
  env: { title: 'Environment', type: 'array', items: { pattern: '^\\w+=.*$' }, tag: 'env:{}' }
};

describe('the form of a cell', () => {
  it('shows what its tags say', () => {
    const tags = ['step:fit', 'limit:memory:4Gi', 'env:A=1', 'env:B=x=y', 'hide-input'];
    expect(readTags(tags, FIELDS)).toEqual({
      step: 'fit',
      role: 'step',
      options: { memory: '4Gi', env: 'A=1\nB=x=y' }
    });
  });

  it('knows other spellings of a role and of a step', () => {
    expect(readTags(['Parameters', 'block: load'], FIELDS)).toMatchObject({
      role: 'pipeline-parameters',
      step: 'load'
    });
  });

  it('leaves tags as they were when nothing changed', () => {
    const tags = ['block:load', 'hide-input', 'retry:2'];
    expect(writeTags(tags, readTags(tags, FIELDS), FIELDS)).toEqual(tags);
  });

  it('changes its own tags and keeps all others', () => {
    const tags = ['prev:load', 'step:fit', 'mutates:df', 'retry:2'];
    const form = { step: 'train', role: 'step' as const, options: { memory: ' 4Gi ', retry: '' } };
    expect(writeTags(tags, form, FIELDS)).toEqual([
      'step:train',
      'limit:memory:4Gi',
      'prev:load',
      'mutates:df'
    ]);
  });

  it('writes a line of a list as a tag each, also with dollar signs', () => {
    const form = { step: '', role: 'step' as const, options: { env: "A=$&\n\nB=$'" } };
    expect(writeTags([], form, FIELDS)).toEqual(['env:A=$&', "env:B=$'"]);
  });

  it('gives a skipped cell no step', () => {
    const form = { step: 'fit', role: 'skip' as const, options: {} };
    expect(writeTags(['step:fit'], form, FIELDS)).toEqual(['skip']);
  });
});

describe('a repair', () => {
  it('adds a tag and takes one off', () => {
    expect(changeTags(['stp:load', 'other'], 'step:load', 'stp:load')).toEqual([
      'other',
      'step:load'
    ]);
  });

  it('replaces the step that a cell had', () => {
    expect(changeTags(['step:load', 'other'], 'step:load-2', null)).toEqual([
      'other',
      'step:load-2'
    ]);
  });
});

describe('a suggestion', () => {
  const step = { tagged: [], variables: [], seconds: null, reason: '' };
  const suggestion = {
    steps: [
      { ...step, name: 'load', cells: [1, 2] },
      { ...step, name: 'fit', cells: [4] }
    ],
    tags: { 1: ['step:load'], 4: ['step:fit'] },
    diagnostics: []
  };

  it('is taken whole or step by step', () => {
    expect([...suggestedTags(suggestion)]).toEqual([
      [1, ['step:load']],
      [4, ['step:fit']]
    ]);
    expect([...suggestedTags(suggestion, 'fit')]).toEqual([[4, ['step:fit']]]);
  });
});

describe('a value of a form', () => {
  it.each([
    ['4Gi', 'memory', null],
    ['4 GB', 'memory', 'pattern'],
    ['', 'memory', null],
    ['2', 'retry', null],
    ['two', 'retry', 'number'],
    ['A=1\nB', 'env', 'pattern']
  ])('%j of %s is checked', (value, name, wrong) => {
    expect(mistake(value, FIELDS[name] as Fields[string])).toBe(wrong);
  });
});
