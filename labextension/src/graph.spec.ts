import { describe, expect, it } from 'vitest';
import { colourOf } from './colours';
import { begin, draw, edgeLabel, fit, reveal, shorten, zoom } from './graph';
import type { IEdge, IStep } from './types';

const step = (name: string): IStep => ({
  name,
  cells: [1],
  inputs: [],
  outputs: [],
  parameters: [],
  after: []
});

const edge = (source: string, target: string, ...names: string[]): IEdge => ({
  source,
  target,
  declared: false,
  variables: names.map(name => ({ name, cell: 1, line: 1, text: '' }))
});

describe('a drawing', () => {
  const names = ['load', 'a', 'b', 'show'];
  const edges = [
    edge('load', 'a', 'x'),
    edge('load', 'b', 'x'),
    edge('a', 'show', 'p'),
    edge('b', 'show', 'q')
  ];
  const drawing = draw(names.map(step), edges);

  it('goes from top to bottom and lets no steps overlap', () => {
    for (const { source, target } of edges) {
      const y = (name: string): number => drawing.steps[names.indexOf(name)]?.y ?? NaN;
      expect(y(source)).toBeLessThan(y(target));
    }
    for (const one of drawing.steps) {
      for (const other of drawing.steps.filter(item => item !== one)) {
        const apart =
          Math.abs(one.x - other.x) >= (one.width + other.width) / 2 ||
          Math.abs(one.y - other.y) >= (one.height + other.height) / 2;
        expect(apart).toBe(true);
      }
    }
  });

  it('has a line for every edge, inside its frame', () => {
    expect(drawing.edges.every(item => item.path.startsWith('M'))).toBe(true);
    expect(drawing.steps.every(item => item.x + item.width / 2 <= drawing.width)).toBe(true);
  });

  it('manages no steps, one step, and steps with cycles', () => {
    expect(draw([], []).steps).toEqual([]);
    expect(draw([step('one')], []).steps).toHaveLength(1);
    expect(draw([step('a'), step('b')], [edge('a', 'b'), edge('b', 'a')]).edges).toHaveLength(2);
  });

  it('keeps names that are objects’ own', () => {
    expect(
      draw([step('constructor'), step('__proto__')], [edge('constructor', '__proto__', 'x')]).steps
    ).toHaveLength(2);
  });
});

describe('labels', () => {
  it('have as many variables as there is room for', () => {
    expect(edgeLabel(edge('a', 'b', 'x', 'y'))).toBe('x, y');
    expect(edgeLabel(edge('a', 'b', 'training_features', 'training_target'))).toBe(
      'training_features +1'
    );
    expect(shorten('a_long_name_1', 10)).toBe('a_long_…_1');
  });

  it('have colours that go round', () => {
    expect(colourOf(0)).toBe(colourOf(7));
    expect(colourOf(-1)).toMatch(/^#/);
  });
});

describe('the view', () => {
  it('shows all of a drawing, not larger than life', () => {
    const drawing = { steps: [], edges: [], width: 400, height: 100 };
    expect(fit(drawing, 200, 200).scale).toBe(0.5);
    expect(fit(drawing, 800, 800)).toEqual({ scale: 1, x: 200, y: 350 });
  });

  it('begins at the top when all of it were too small to read, and moves to a step', () => {
    const names = Array.from({ length: 30 }, (_, index) => `s${index}`);
    const edges = names.slice(1).map((name, index) => edge(names[index] ?? '', name, 'x'));
    const drawing = draw(names.map(step), edges);
    const view = begin(drawing, 300, 400);
    expect(view.scale).toBeGreaterThanOrEqual(0.5);
    expect(view.y).toBe(0);
    const last = drawing.steps[29];
    expect(last).toBeDefined();
    if (last) {
      const moved = reveal(view, last, 300, 400);
      expect(moved.y + last.y * moved.scale).toBeCloseTo(200);
      expect(reveal(moved, last, 300, 400)).toEqual(moved);
    }
  });

  it('zooms around a point that stays where it is', () => {
    const view = { x: 10, y: 20, scale: 1 };
    const zoomed = zoom(view, 2, 50, 60);
    expect((50 - zoomed.x) / zoomed.scale).toBe((50 - view.x) / view.scale);
    expect(zoom(view, 1000, 0, 0).scale).toBe(4);
  });
});
