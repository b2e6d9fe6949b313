/** Where to draw steps and edges. */

import * as dagre from '@dagrejs/dagre';
import type { IEdge, IStep } from './types';

export interface IPlacedStep {
  step: IStep;
  /** Its place in the pipeline's order, from 0. */
  rank: number;
  x: number;
  y: number;
  width: number;
  height: number;
  label: string;
}

export interface IPlacedEdge {
  edge: IEdge;
  path: string;
  x: number;
  y: number;
  label: string;
}

export interface IDrawing {
  steps: IPlacedStep[];
  edges: IPlacedEdge[];
  width: number;
  height: number;
}

const CHARACTER = 8;
const NODE_HEIGHT = 40;
// Room for how a run's step ended.
const NODE_WIDTH = 136;
const READABLE = 0.5;
const LONGEST_NAME = 26;
const LONGEST_EDGE = 22;

/** Return a drawing from top to bottom, with its origin in the corner. */
export function draw(steps: readonly IStep[], edges: readonly IEdge[]): IDrawing {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: 'TB', nodesep: 22, ranksep: 42, edgesep: 12, marginx: 8, marginy: 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  // Numbers are the nodes' names, as dagre trips over steps called like properties of objects.
  const key = new Map(steps.map((step, rank) => [step.name, String(rank)]));
  const ends = (edge: IEdge): [string, string] => [
    key.get(edge.source) ?? '',
    key.get(edge.target) ?? ''
  ];
  for (const [rank, step] of steps.entries()) {
    const width = Math.max(NODE_WIDTH, shorten(step.name, LONGEST_NAME).length * CHARACTER + 44);
    graph.setNode(String(rank), { width, height: NODE_HEIGHT });
  }
  for (const edge of edges) {
    const label = edgeLabel(edge);
    graph.setEdge(...ends(edge), {
      width: label.length * 6 + 8,
      height: 16,
      labelpos: 'c'
    });
  }
  dagre.layout(graph);
  const size = graph.graph();
  return {
    width: size.width ?? 0,
    height: size.height ?? 0,
    steps: steps.map((step, rank) => {
      const { x, y, width, height } = graph.node(String(rank));
      return { step, rank, x, y, width, height, label: shorten(step.name, LONGEST_NAME) };
    }),
    edges: edges.map(edge => {
      const placed = graph.edge(...ends(edge));
      const points: { x: number; y: number }[] = placed.points;
      const middle = points[Math.floor(points.length / 2)] ?? { x: 0, y: 0 };
      return {
        edge,
        path: curve(points),
        x: placed.x ?? middle.x,
        y: placed.y ?? middle.y,
        label: edgeLabel(edge)
      };
    })
  };
}

/** Return the variables of an edge, as many as there is room for. */
export function edgeLabel(edge: IEdge): string {
  const names = edge.variables.map(variable => variable.name);
  const whole = names.join(', ');
  if (whole.length <= LONGEST_EDGE) {
    return whole;
  }
  const first = shorten(names[0] ?? '', LONGEST_EDGE - 4);
  return names.length === 1 ? first : `${first} +${names.length - 1}`;
}

/** Return a text that is no longer than `most` characters; its end stays, which tells `x_1` from `x_2`. */
export function shorten(text: string, most: number): string {
  const end = Math.floor(most / 4);
  return text.length > most
    ? `${text.slice(0, most - 1 - end)}…${text.slice(text.length - end)}`
    : text;
}

/** Return a smooth path through points: quadratic curves between the middles of the lines. */
function curve(points: readonly { x: number; y: number }[]): string {
  const [first, ...rest] = points;
  const last = rest.pop();
  if (!first || !last) {
    return '';
  }
  let path = `M${first.x},${first.y}`;
  rest.forEach((point, index) => {
    const next = rest[index + 1] ?? last;
    const end =
      index === rest.length - 1 ? last : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    path += ` Q${point.x},${point.y} ${end.x},${end.y}`;
  });
  return rest.length ? path : `${path} L${last.x},${last.y}`;
}

/** The part of a drawing that is seen. */
export interface IView {
  x: number;
  y: number;
  scale: number;
}

/** Return the view that shows all of a drawing in the middle of a frame, not larger than life. */
export function fit(drawing: IDrawing, width: number, height: number): IView {
  const scale = Math.min(1, width / (drawing.width || 1), height / (drawing.height || 1));
  return {
    scale,
    x: (width - drawing.width * scale) / 2,
    y: Math.max(0, (height - drawing.height * scale) / 2)
  };
}

/** Return the view to begin with: all of a drawing, or, when that were too small to read, its top. */
export function begin(drawing: IDrawing, width: number, height: number): IView {
  const whole = fit(drawing, width, height);
  const scale = Math.max(READABLE, Math.min(1, width / (drawing.width || 1)));
  return whole.scale >= READABLE
    ? whole
    : { scale, x: Math.max(0, (width - drawing.width * scale) / 2), y: 0 };
}

/** Return the view moved so that a step is in the frame. */
export function reveal(view: IView, step: IPlacedStep, width: number, height: number): IView {
  const x = view.x + step.x * view.scale;
  const y = view.y + step.y * view.scale;
  const reach = (NODE_HEIGHT * view.scale) / 2;
  return {
    ...view,
    x: x < 0 || x > width ? view.x + width / 2 - x : view.x,
    y: y < reach || y > height - reach ? view.y + height / 2 - y : view.y
  };
}

/** Return the view zoomed by a factor around a point of the frame. */
export function zoom(view: IView, factor: number, x: number, y: number): IView {
  const scale = Math.min(4, Math.max(0.1, view.scale * factor));
  const ratio = scale / view.scale;
  return { scale, x: x - (x - view.x) * ratio, y: y - (y - view.y) * ratio };
}
