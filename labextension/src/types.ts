/** What the server answers; `nb2pipe/labserver/answers.py` makes it. Cells are told by number, from 1. */

export type Severity = 'error' | 'warning' | 'hint';

/** A place in a notebook: lines and columns from 1, columns in characters. */
export interface ISpan {
  notebook: string;
  cell: number | null;
  line: number | null;
  column: number | null;
  end_line: number | null;
  end_column: number | null;
}

export interface ITagChange {
  cell: number;
  add: string;
  remove: string | null;
}

/** A repair that the hint spells out. */
export interface IFix {
  title: string;
  changes: ITagChange[];
}

export interface IDiagnostic extends ISpan {
  code: string;
  severity: Severity;
  message: string;
  hint: string | null;
  step: string | null;
  related: (ISpan & { message: string })[];
  fixes: IFix[];
}

export interface IStep {
  name: string;
  cells: number[];
  inputs: string[];
  outputs: string[];
  parameters: string[];
  after: string[];
}

/** A variable that flows, and the line that makes it. */
export interface IFlow {
  name: string;
  cell: number | null;
  line: number | null;
  text: string;
}

export interface IEdge {
  source: string;
  target: string;
  variables: IFlow[];
  declared: boolean;
}

export interface ICellPlace {
  number: number;
  step: string | null;
  role: string;
  inputs: string[];
  outputs: string[];
}

export interface IParameter {
  name: string;
  type: string;
  default: unknown;
  /** Where the default stands in the notebook; null where it cannot be changed alone. */
  place: IPlace | null;
}

/** A place in a cell, and the text that stands there. */
export interface IPlace extends Omit<ISpan, 'notebook'> {
  text: string;
}

/** A notebook as a pipeline; `steps` is null when tags or settings allow none. */
export interface IAnalysis {
  compiles: boolean;
  name: string | null;
  steps: IStep[] | null;
  edges: IEdge[];
  cells: ICellPlace[];
  parameters: IParameter[];
  diagnostics: IDiagnostic[];
}

export interface ISuggestedStep {
  name: string;
  cells: number[];
  tagged: number[];
  variables: string[];
  seconds: number | null;
  reason: string;
}

/** Steps, and the tags that cells have with them, by number. */
export interface ISuggestion {
  steps: ISuggestedStep[];
  tags: Record<string, string[]>;
  diagnostics: IDiagnostic[];
}

export interface IConverted {
  written: string[];
  diagnostics: IDiagnostic[];
}

export type StepStatus =
  'waiting' | 'running' | 'succeeded' | 'failed' | 'interrupted' | 'not run' | 'running or killed';

export interface IRunStep {
  name: string;
  status: StepStatus;
  seconds: number;
  reused: string | null;
}

export interface IRun {
  id: string;
  status: StepStatus;
  seconds: number | null;
  started: string;
  parameters: Record<string, unknown>;
  steps: IRunStep[];
  diagnostics: IDiagnostic[];
}

export interface IRunCell {
  number: number;
  source: string;
  status: string;
  seconds: number;
  outputs: unknown[];
}

export interface IRunStepDetails extends IRunStep {
  cells: IRunCell[];
  log_tail: string[];
}

/** What starting a run or submitting answers when it must not be. */
export interface IRefused {
  diagnostics: IDiagnostic[];
}

/** An entry of a form; `tag` is the cell tag that its value becomes, `setting` its place in the defaults of all steps. */
export interface IField {
  title: string;
  description?: string;
  type: 'string' | 'integer' | 'array';
  enum?: string[];
  pattern?: string;
  minimum?: number;
  items?: { pattern?: string };
  tag?: string;
  setting?: string[];
  examples?: unknown[];
}

export type Fields = Record<string, IField>;

export interface IForms {
  schema: { $defs: { step: { properties: Fields }; pipeline: { properties: Fields } } };
  targets: string[];
}
