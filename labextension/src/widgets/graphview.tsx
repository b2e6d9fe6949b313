/** The steps and what flows between them, as a drawing that one can walk through. */

import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { colourOf } from '../colours';
import {
  begin,
  draw,
  fit,
  type IDrawing,
  type IPlacedEdge,
  type IPlacedStep,
  type IView,
  reveal,
  zoom
} from '../graph';
import type { Selection } from '../session';
import type { IEdge, IRunStep, IStep, StepStatus } from '../types';

export interface IGraphViewProps {
  steps: readonly IStep[];
  edges: readonly IEdge[];
  selection: Selection | null;
  isStale: boolean;
  statusOf: (step: string) => IRunStep | null;
  trans: TranslationBundle;
  onSelect: (selection: Selection) => void;
}

type Revealing = { onReveal: (placed: IPlacedStep) => void };

const FACTOR = 1.25;
const LOWEST = 110;
const TALLEST = 460;

/** Signs for states, so that nobody needs the colours. */
export const SIGNS: Record<StepStatus, string> = {
  waiting: '·',
  running: '▸',
  succeeded: '✓',
  failed: '✗',
  interrupted: '■',
  'not run': '–',
  'running or killed': '?'
};

export function statusText(step: IRunStep, trans: TranslationBundle): string {
  const texts: Record<StepStatus, string> = {
    waiting: trans.__('waiting'),
    running: trans.__('running'),
    succeeded: step.reused ? trans.__('not run again') : trans.__('succeeded'),
    failed: trans.__('failed'),
    interrupted: trans.__('cancelled'),
    'not run': trans.__('not run'),
    'running or killed': trans.__('running or killed')
  };
  return texts[step.status];
}

export function GraphView(props: IGraphViewProps): JSX.Element {
  const { steps, edges, trans } = props;
  const shape = JSON.stringify([steps, edges]);
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the text stands for both
  const drawing = React.useMemo(() => draw(steps, edges), [shape]);
  const frame = React.useRef<HTMLDivElement>(null);
  const [view, setView] = React.useState<IView | null>(null);
  const size = useSize(frame);
  const shown = view ?? begin(drawing, size.width, size.height);
  React.useEffect(() => setView(null), [shape]);
  const zoomBy = (factor: number, x = size.width / 2, y = size.height / 2): void =>
    setView(zoom(shown, factor, x, y));
  useWheel(frame, (event, x, y) => {
    if (event.ctrlKey) {
      zoomBy(event.deltaY < 0 ? FACTOR : 1 / FACTOR, x, y);
    } else {
      setView({ ...shown, x: shown.x - event.deltaX, y: shown.y - event.deltaY });
    }
  });
  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const keys: Record<string, () => void> = {
      '+': () => zoomBy(FACTOR),
      '=': () => zoomBy(FACTOR),
      '-': () => zoomBy(1 / FACTOR),
      '0': () => setView(null),
      ArrowDown: () => moveFocus(frame.current, 1),
      ArrowRight: () => moveFocus(frame.current, 1),
      ArrowUp: () => moveFocus(frame.current, -1),
      ArrowLeft: () => moveFocus(frame.current, -1)
    };
    const act = keys[event.key];
    if (act) {
      act();
      event.preventDefault();
      event.stopPropagation();
    }
  };
  const scale = Math.min(1, size.width / (drawing.width || 1));
  const height = Math.min(TALLEST, Math.max(LOWEST, drawing.height * scale));
  const isLarger = drawing.height * shown.scale > height + 1;
  return (
    <div className="nb2p-Graph" onKeyDown={onKeyDown}>
      <div className="nb2p-GraphTools" role="toolbar" aria-label={trans.__('Zoom')}>
        <Tool label={trans.__('Zoom in')} text="+" onClick={() => zoomBy(FACTOR)} />
        <Tool label={trans.__('Zoom out')} text="−" onClick={() => zoomBy(1 / FACTOR)} />
        <Tool
          label={trans.__('Fit the graph')}
          text="⤢"
          onClick={() => setView(fit(drawing, size.width, size.height))}
        />
      </div>
      <div className="nb2p-GraphFrame" ref={frame} data-larger={isLarger} style={{ height }}>
        <svg
          className={props.isStale ? 'nb2p-mod-stale' : ''}
          width="100%"
          height="100%"
          role="group"
          aria-label={trans.__('Graph of %1 steps', steps.length)}
          onPointerDown={event => startPan(event, shown, setView)}
        >
          <Arrowhead />
          <g transform={`translate(${shown.x},${shown.y}) scale(${shown.scale})`}>
            <Edges drawing={drawing} {...props} />
            <Steps
              drawing={drawing}
              onReveal={placed => setView(reveal(shown, placed, size.width, size.height))}
              {...props}
            />
          </g>
        </svg>
      </div>
    </div>
  );
}

function Tool(props: { label: string; text: string; onClick: () => void }): JSX.Element {
  return (
    <button type="button" aria-label={props.label} title={props.label} onClick={props.onClick}>
      {props.text}
    </button>
  );
}

function Arrowhead(): JSX.Element {
  return (
    <defs>
      <marker
        id="nb2p-arrow"
        viewBox="0 0 8 8"
        refX="7"
        refY="4"
        markerWidth="7"
        markerHeight="7"
        orient="auto"
      >
        <path className="nb2p-ArrowHead" d="M0,0.5 L8,4 L0,7.5 Z" />
      </marker>
    </defs>
  );
}

function Steps(props: IGraphViewProps & Revealing & { drawing: IDrawing }): JSX.Element {
  return (
    <>
      {props.drawing.steps.map(placed => (
        <StepNode key={placed.step.name} placed={placed} {...props} />
      ))}
    </>
  );
}

function StepNode(props: IGraphViewProps & Revealing & { placed: IPlacedStep }): JSX.Element {
  const { placed, selection, statusOf, trans, onSelect } = props;
  const { step, width, height } = placed;
  const run = statusOf(step.name);
  const selected = selection?.kind === 'step' && selection.name === step.name;
  const cells = trans._n('%1 cell', '%1 cells', step.cells.length);
  const label = [trans.__('Step %1', step.name), cells, run && statusText(run, trans)]
    .filter(Boolean)
    .join(', ');
  return (
    <g
      className={`nb2p-Node${selected ? ' nb2p-mod-selected' : ''}`}
      data-step={step.name}
      data-status={run?.status ?? ''}
      transform={`translate(${placed.x - width / 2},${placed.y - height / 2})`}
      {...button(label, selected, () => onSelect({ kind: 'step', name: step.name }))}
      onFocus={() => props.onReveal(placed)}
    >
      <title>{label}</title>
      <rect className="nb2p-NodeBox" width={width} height={height} rx={5} />
      <rect width={6} height={height - 2} x={1} y={1} rx={3} fill={colourOf(placed.rank)} />
      <text className="nb2p-NodeName" x={16} y={17}>
        {placed.label}
      </text>
      <text className="nb2p-NodeNote" x={16} y={32}>
        {run
          ? `${SIGNS[run.status]} ${statusText(run, trans)}${run.seconds ? ` ${seconds(run.seconds)}` : ''}`
          : cells}
      </text>
    </g>
  );
}

function Edges(props: IGraphViewProps & { drawing: IDrawing }): JSX.Element {
  return (
    <>
      {props.drawing.edges.map(placed => (
        <EdgeLine key={`${placed.edge.source}→${placed.edge.target}`} placed={placed} {...props} />
      ))}
    </>
  );
}

function EdgeLine(props: IGraphViewProps & { placed: IPlacedEdge }): JSX.Element {
  const { placed, selection, trans, onSelect } = props;
  const { source, target, variables } = placed.edge;
  const selected =
    selection?.kind === 'edge' && selection.source === source && selection.target === target;
  const what = variables.length
    ? variables.map(variable => variable.name).join(', ')
    : trans.__('nothing, only the order');
  const label = trans.__('From %1 to %2: %3', source, target, what);
  return (
    <g
      className={`nb2p-Edge${selected ? ' nb2p-mod-selected' : ''}`}
      data-edge={`${source}→${target}`}
      {...button(label, selected, () => onSelect({ kind: 'edge', source, target }))}
    >
      <title>{label}</title>
      <path className="nb2p-EdgeTarget" d={placed.path} />
      <path
        className={`nb2p-EdgeLine${variables.length ? '' : ' nb2p-mod-declared'}`}
        d={placed.path}
        markerEnd="url(#nb2p-arrow)"
      />
      <text className="nb2p-EdgeName" x={placed.x} y={placed.y + 4} textAnchor="middle">
        {placed.label}
      </text>
    </g>
  );
}

/** Return what makes a drawn thing a button for everybody. */
function button(label: string, pressed: boolean, act: () => void): React.SVGProps<SVGGElement> {
  return {
    role: 'button',
    tabIndex: 0,
    'aria-label': label,
    'aria-pressed': pressed,
    onClick: act,
    onKeyDown: event => {
      if (event.key === 'Enter' || event.key === ' ') {
        event.preventDefault();
        act();
      }
    }
  };
}

/** Move the focus to the next or the one before of the drawn buttons. */
function moveFocus(frame: HTMLElement | null, by: number): void {
  const all = [...(frame?.querySelectorAll<SVGGElement>('.nb2p-Node') ?? [])];
  const now = all.findIndex(node => node === document.activeElement);
  all[Math.min(all.length - 1, Math.max(0, now + by))]?.focus();
}

function startPan(
  event: React.PointerEvent<SVGSVGElement>,
  view: IView,
  setView: (view: IView) => void
): void {
  if (event.button !== 0 || (event.target as Element).closest('[role="button"]')) {
    return;
  }
  const svg = event.currentTarget;
  const { clientX, clientY } = event;
  svg.setPointerCapture(event.pointerId);
  const move = (moved: PointerEvent): void =>
    setView({ ...view, x: view.x + moved.clientX - clientX, y: view.y + moved.clientY - clientY });
  const end = (): void => {
    svg.removeEventListener('pointermove', move);
    svg.removeEventListener('pointerup', end);
    svg.removeEventListener('pointercancel', end);
  };
  svg.addEventListener('pointermove', move);
  svg.addEventListener('pointerup', end);
  svg.addEventListener('pointercancel', end);
}

/** Zoom with the wheel and Ctrl, as everywhere else; the wheel alone scrolls a graph that is larger than its frame. */
function useWheel(
  ref: React.RefObject<HTMLElement>,
  act: (event: WheelEvent, x: number, y: number) => void
): void {
  const current = React.useRef(act);
  current.current = act;
  React.useEffect(() => {
    const node = ref.current;
    const wheel = (event: WheelEvent): void => {
      if (node && (event.ctrlKey || node.dataset.larger === 'true')) {
        event.preventDefault();
        const box = node.getBoundingClientRect();
        current.current(event, event.clientX - box.left, event.clientY - box.top);
      }
    };
    node?.addEventListener('wheel', wheel, { passive: false });
    return () => node?.removeEventListener('wheel', wheel);
  }, [ref]);
}

function useSize(ref: React.RefObject<HTMLElement>): { width: number; height: number } {
  const [size, setSize] = React.useState({ width: 300, height: 200 });
  React.useLayoutEffect(() => {
    const node = ref.current;
    if (!node) {
      return undefined;
    }
    const observer = new ResizeObserver(() =>
      setSize({ width: node.clientWidth, height: node.clientHeight })
    );
    observer.observe(node);
    return () => observer.disconnect();
  }, [ref]);
  return size;
}

export function seconds(value: number): string {
  return value >= 60
    ? `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`
    : `${value.toFixed(1)} s`;
}
