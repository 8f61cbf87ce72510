/**
 * The shapes that travel through the page. Types only: no browser loads this file, and every module knows them by name.
 *
 * Arrays over time run least significant bit first, as the network sees them,
 * unless a comment says otherwise. T positions, H hidden units.
 */

type RunStatus = import("./wire.d.ts").RunStatus;
type RunState = RunStatus["state"];
type RunConfig = RunStatus["config"];
/** From an iteration on, a learning rate. */
type Change = RunStatus["changes"][number];

/** Of a generation of a run; a status may tell them, too. */
type AllChanges = Pick<RunStatus, "generation" | "changes" | "changes_left_out">;
type Complete = (run: RunStatus, known: AllChanges | null) => RunStatus;

type Task = import("./wire.d.ts").TaskDescription;
type Engine = import("./wire.d.ts").EngineStatus;
type CaseAnswer = import("./wire.d.ts").CaseAnswer;
type Verdict = "right" | "wrong" | "unsure" | "unknown";

type Accuracy = import("./wire.d.ts").Accuracy;
/** [iteration, accuracy], ascending; with null, nothing is known between its neighbours, and a line breaks there. */
type AccuracyEntry = NonNullable<Accuracy["history"]>[number];
type Answer = import("./wire.d.ts").Answer;
type Answers = import("./wire.d.ts").Answers;
interface Answered {
  iteration: number;
  predicted: number;
  probabilities: number[];
}
/** A problem that is followed through training. */
interface Followed {
  generation: number;
  operands: number[];
  expected: number;
  /** The true ones, most significant first. */
  bits: number[];
  /** Ascending. */
  moments: Answered[];
}

/** Value k stands for iterations start + k * stride up to the next; the last may be shorter. */
interface Summary {
  start: number;
  stride: number;
  min: ArrayLike<number>;
  mean: ArrayLike<number>;
  max: ArrayLike<number>;
}
type ErrorSummary = Summary & { generation: number };

type Overview = import("./wire.d.ts").Overview;
/** What people type may be a text where a number should stand: the server refuses it, in words for them. */
type Typed<T> = { [name in keyof T]: T[name] | string };

/** The HTTP calls, most of them for the run of this id. */
interface Api {
  runs(): Promise<RunStatus[]>;
  /** Those that can be brought back, the latest first. */
  deleted(): Promise<RunStatus[]>;
  run(id: string): Promise<RunStatus>;
  /** All of its learning rate. */
  changes(id: string): Promise<AllChanges>;
  /** With at most so many accuracies of before. */
  overview(id: string, points: number, history?: number): Promise<Overview>;
  create(wanted: Typed<import("./wire.d.ts").CreateRun>): Promise<RunStatus>;
  remove(id: string): Promise<void>;
  restore(id: string): Promise<RunStatus>;
  checkpoint(id: string): Promise<File>;
  bringIn(name: string, file: File): Promise<RunStatus>;
  task(id: string): Promise<Task>;
  /** Now, or when so many iterations were done; as of `predict`. */
  accuracy(id: string, iteration?: number): Promise<Accuracy>;
  /** A frame. */
  moment(id: string, iteration: number, signal: AbortSignal): Promise<ArrayBuffer>;
  engine(run: string): Promise<Engine>;
  check(config: Changes): Promise<RunConfig>;
  command(id: string, name: Command, body?: import("./wire.d.ts").ResetRun): Promise<RunStatus>;
  /** A speed of null is unlimited. */
  change(id: string, values: Typed<import("./wire.d.ts").PatchRun>): Promise<RunStatus>;
  predict(id: string, operands: Record<string, number>, iteration?: number): Promise<Answer>;
  answers(id: string, query: Record<string, number>): Promise<Answers>;
  /** Without a number of points each by itself. */
  errors(id: string, start: number, stop: number, points?: number): Promise<ErrorSummary>;
}

/** What stands in the page's address behind #. */
interface Address {
  config: Changes;
  /** Of the learning rate; what can't be read is as it stands there. */
  changes: Change[] | string;
  /** Undefined where nothing is said of it; null is unlimited. */
  speed: number | null | undefined;
  theme: "light" | "dark" | undefined;
  /** Panels that are not shown. */
  hide: string[];
  /** The language, where the address asks for one behind #. */
  lang: string | null;
}

type Numbers = Float32Array | Float64Array;

/** Row-major. */
interface Tensor {
  shape: number[];
  data: Float32Array;
}
type Tensors = Record<string, Tensor>;

/** One published moment of a run. */
interface Frame {
  generation: number;
  iteration: number;
  /** The iteration that errors[0] belongs to. */
  errorsStart: number;
  errors: Float32Array;
  learningRate: number;
  state: RunState;
  iterationsPerSecond: number;
  /** After the update. */
  weights: Tensors;
  /** Empty before the first iteration, as is the trace. */
  updates: Tensors;
  trace: Tensors;
  /** Of a gated cell, by name, (T, H). */
  gates: Tensors;
  operands: number[];
  expected: number;
  predicted: number;
  /** Of a moment of the past, where the server does not compute what was then. */
  parting: Parting | null;
}

type Parting = import("./wire.d.ts").Parting;

/** What the stage plays: one problem, and all that the network did with it. */
interface Problem {
  kind: "training" | "prediction";
  generation: number;
  iteration: number;
  /** Positions, T. */
  width: number;
  /** Hidden units, H; 0 where the states are not known. */
  hidden: number;
  operands: number[];
  /** The bits of each operand. */
  inputs: number[][];
  targets: number[];
  /** P(bit = 1). */
  outputs: number[];
  /** The network's bits. */
  bits: number[];
  expected: number;
  predicted: number;
  /** (T+1, H), row 0 is the zero start. */
  hiddenStates?: Numbers;
  /** (T,) */
  outputDeltas?: number[];
  /** (T, H): what this position's output asks of the hidden state ... */
  outputPart?: Numbers;
  /** ... what later positions ask of it ... */
  futurePart?: Numbers;
  /** ... and both together. */
  hiddenDeltas?: Float32Array;
  /** As in the frame, and "cell", (T+1, H), the memory of an LSTM. */
  gates: Tensors;
  updates: Tensors;
  /** After the update; lacking where the page does not hold those that an answer was made with. */
  weights?: Tensors;
  learningRate: number;
  /** That it was made from; of an answer the one of its iteration, null where the page does not hold it. */
  frame: Frame | null;
}

type Phase = "empty" | "forward" | "answer" | "backward" | "update" | "rest";

interface Playback {
  phase: Phase;
  /** What is played. */
  problem: Problem | null;
  /** The newest training problem that was offered. */
  newest: Problem | null;
  /** What was played to its end last, and whether it is that which is played now. */
  played: Problem | null;
  again: boolean;
  /** Whether an answer stands there that Next bit has yet to play. */
  waiting: boolean;
  /** The active position in forward and backward, else -1. */
  position: number;
  /** Milliseconds in this step. */
  elapsed: number;
  held: boolean;
  /** Counts steps, so that views see when to look again. */
  version: number;
}

/** [start, stop), in iterations. */
type Interval = [start: number, stop: number];

interface Series {
  /** What came before is not known to anyone: of an imported run. */
  first: number;
  /** Iterations done. */
  end: number;
  /** Sorted, apart from each other. */
  known: Interval[];
  /** Iterations a bucket. */
  stride: number;
  /** Iterations taken into each bucket, and their sum, least and largest error. */
  count: Uint32Array;
  sum: Float64Array;
  min: Float32Array;
  max: Float32Array;
  version: number;
}

/** A chart's points, x ascending; null where nothing is known. */
interface Curve {
  x: number[];
  raw: (number | null)[];
  smooth: (number | null)[];
}

/** 511 colours of 4 bytes, value -1 first. */
type Scale = Uint8ClampedArray;

interface Palette {
  version: number;
  scale: Scale;
  color: Record<"ink" | "muted" | "line" | "surface" | "accent" | "second", string>;
  font: string;
}

interface Connection {
  phase: "connecting" | "open" | "waiting" | "gone";
  detail: string;
  /** By performance.now(), as are all moments here. */
  retryAt: number;
  /** Whether it was open before. */
  lost: boolean;
}

/** Of the past, that the page shows instead of now. */
interface Moment {
  iteration: number;
  frame: Frame;
  error: number | null;
  accuracy: Accuracy | null;
  parting: Parting | null;
}

type Tone = "info" | "problem";
type Matrices = "weights" | "updates";
type Command = "start" | "pause" | "step" | "reset" | "reset/undo";

interface State {
  runId: string;
  run: RunStatus | null;
  /** The newest. */
  frame: Frame | null;
  /** Null is now. */
  moment: Moment | null;
  /** The iteration of a moment that is on its way. */
  heading: number | null;
  /** Whether a frame has ever come. */
  arrived: boolean;
  series: Series;
  /** Null until the first of this generation has come, which needs the engine to be compiled. */
  accuracy: Accuracy | null;
  task: Task | null;
  engine: Engine | null;
  connection: Connection;
  playback: Playback;
  /** What was asked last, and of which moment. */
  prediction: { text: string; answer: Answer | null; moment: Moment | null };
  /** Null until the task is known. */
  followed: Followed | null;
  /** What is pointed at, or walked to by keyboard. */
  focus: Focus | null;
  /** The value that is explained; the stage stands still meanwhile. */
  asked: Asked | null;
  notice: { text: string; tone: Tone; until: number } | null;
  /** The last reset that this page knows of. */
  reset: Reset | null;
  /** Ids of panels that are not shown. */
  hidden: string[];
  /** What leads back here: "#seed=1", or nothing. */
  address: string;
  /** What leads to the same experiment from anywhere: of the default one, too, it says what that is. */
  shared: string;
  palette: Palette;
  reducedMotion: boolean;
  /** The moment of this drawing. */
  now: number;
}

/** This tab, another one of this browser, somebody else; or nobody knows, since it was before or while the line was down. */
type Who = "me" | "tab" | "other" | "unknown";
interface Act {
  who: Who;
  /** Whether it took a reset back. */
  undo: boolean;
}
interface Witness {
  /** This tab asks for what leads to a generation. */
  act(generation: number, undo?: boolean): void;
  /** Who made a generation. */
  of(generation: number): Act;
  /** Whether this tab made a generation by a reset, also before it was loaded. */
  made(generation: number): boolean;
}
interface Reset {
  /** That began with it. */
  generation: number;
  /** The iteration at which it stood before, or null where that is not known. */
  from: number | null;
  who: Who;
  /** When it can no longer be undone. */
  until: number;
}

/** What is pointed at. */
interface Focus {
  /** A hidden unit, of one position or of all, or a bit of the stage. */
  kind: "unit" | "bit";
  /** The row of the stage that it stands in, or the gate. */
  line?: string;
  gate?: string;
  unit?: number;
  position?: number;
  /** Some keys want it spoken. */
  spoken?: boolean;
}

/** A value whose arithmetic is asked for. */
interface Asked {
  /** "weight", or the row of the stage: "predicted", "hidden", "delta", and "part" for both parts of a hidden delta. */
  kind: string;
  position?: number;
  /** The row of the stage that it stands in. */
  line?: string;
  gate?: string;
  /** The hidden unit that it belongs to. */
  unit?: number;
  /** What was drawn where it was asked for: on the stage its problem, of a weight the frame; that has its problem, too. */
  problem?: Problem | null;
  frame?: Frame;
  /** Of a weight: its matrix, and where it stands there. */
  plan?: MatrixPlan;
  row?: number;
  column?: number;
}

/** One of those that are added up: its symbols, its numbers, their product. */
interface Term {
  symbol: string;
  factors: number[];
  value: number;
  /** How far off its last factor may be, more than by rounding ... */
  unsure: number;
  /** ... and its value. */
  doubt: number;
}

/** How numbers are shown: times ten to a power, with so many digits after the point. */
interface Digits {
  power: number;
  decimals: number;
}

/** What terms add up to, and how all of them are shown. */
interface Sum {
  symbol: string;
  value: number;
  digits: Digits;
  doubt: number;
}

/** A line of the table: a symbol, or words, its numbers, and what they come to. */
interface TermRow {
  symbol: string;
  numbers: string;
  text: string;
  /** "words", or nothing where the symbol is a formula. */
  kind: string;
}

/** A parameter as it was before the update. */
interface WeightsThen {
  data: Numbers;
  /** How far off each may be. */
  doubts: number[];
  /** Its value at a place, times factors. */
  term(symbol: string, at: number, ...factors: number[]): Term;
}

/** How a number came about. In formulas an index follows a low line. */
interface Arithmetic {
  terms: Term[];
  /** What the terms add up to. */
  sum?: Sum;
  /** What follows, in numbers. */
  lines: string[];
  /** What the arithmetic comes to, and what the network computed: no number, where there is nothing to explain. */
  result?: number;
  value: number;
  /** Which of the page’s notes belongs to it. */
  note: string;
}

/** What views may do. */
interface Actions {
  toggle(): void;
  command(name: Command): void;
  speed(value: number | null): void;
  hold(): void;
  nextBit(): void;
  /** Lights up whatever belongs to it. */
  focus(focus: Focus | null): void;
  /** Opens the panel that says how a value came about, or closes it. */
  explain(asked: Asked | null): void;
  predict(operands: Record<string, number>): void;
  /** Begins anew with what differs from the default; rejects with what is wrong with it. */
  reset(config: Changes, look?: string): Promise<void>;
  /** Takes the last reset back. */
  undo(): void;
  /** Rejects with what is wrong with it. */
  check(config: Changes): Promise<unknown>;
  /** Makes a run of it, and opens that. */
  create(config: Changes): Promise<void>;
  learningRate(value: number | string): Promise<void>;
  /** Goes to a moment of the past, or to now where the run has not come farther. */
  visit(iteration: number): void;
  back(): void;
  /** Plays the moment's problem from its beginning. */
  replay(): void;
  /** Goes to a new run that begins at this moment; rejects with what is wrong with it. */
  branch(values: { name?: string | null; config: Changes }): Promise<void>;
  /** Shows all panels but these. */
  hide(panels: string[]): void;
  complain(error: Complaint): void;
  theme(): void;
  /** Asks for a drawing, at once or in a while. */
  wake(): void;
  wakeIn(milliseconds: number): void;
}

/** What a card of the list may do. */
interface RunActions {
  /** Whether a deletion can be undone. */
  kept: boolean;
  rename(id: string, name: string): Promise<void>;
  command(id: string, name: Command): void;
  duplicate(id: string): void;
  save(id: string): void;
  remove(id: string): void;
}

/** A run among many. */
interface Card {
  root: HTMLElement;
  id: string;
  inView: boolean;
  /** What its curve shows. */
  drawn: string;
  /** When that was asked for. */
  askedAt: number;
  update(run: RunStatus): void;
  show(overview: Overview): void;
  focus(): void;
}

/** The errors of `size` iterations from `start` on. */
interface Piece {
  start: number;
  size: number;
  min: number;
  mean: number;
  max: number;
}

/** A run that is compared. */
interface Compared {
  id: string;
  /** Which colour and dash it has, 0 to 3. */
  slot: number;
  /** What it is called, so that it is told from the others. */
  name: string;
  /** Null where there is no such run, or nothing is known yet. */
  status: RunStatus | null;
  /** As the server tells them. */
  errors: Piece[];
  /** The same as they are shown: perhaps per position. */
  pieces: Piece[];
  /** Of each piece. */
  smooth: number[];
  history: AccuracyEntry[];
  /** What is shown. */
  drawn: string;
}

interface Comparison {
  runs: Compared[];
  /** The iteration that is read; null is the end of each run. */
  at: number | null;
  logX: boolean;
  logY: boolean;
  /** Whether an error is shown per position, not as the sum over them. */
  each: boolean;
  palette: Palette;
}

interface Reading {
  piece?: Piece;
  smooth?: number;
  accuracy?: AccuracyEntry;
}

/** Says something, with the way back from it; `focus` goes there, where what was done took the focus along. */
type CreateToast = (root: HTMLElement) => (words: string, more?: { tone?: Tone; back?: () => void; focus?: boolean }) => void;
type CreateBin = (root: HTMLElement, restore: (id: string) => void) => (runs: RunStatus[]) => void;
type CreateCard = (template: HTMLTemplateElement, run: RunStatus, actions: RunActions) => Card;

/** `update` returns whether something still moves by itself. */
type CreateView = (root: HTMLElement, actions: Actions) => { update(state: State): boolean | void };

/** The stage's table of positions. */
interface StageTable {
  element: HTMLElement;
  width: number;
  /** Another task needs another table. */
  task: Task;
  /** Where a column begins. */
  left(position: number): number;
  /** The problem itself, before anything is worked out. */
  show(problem: Problem | null, palette: Palette): void;
  /** Lights up a bit's inputs and the state that came in. */
  light(lit: Focus | Asked | null): void;
  /** Forward: the positions that have their output; backward: the lowest that has its deltas. */
  step(problem: Problem | null, forward: number, backward: number, playback: Playback): void;
}

/** What the two parts of the hidden deltas are worked out from. */
interface BackwardPass {
  /** (T,) */
  outputDeltas: number[];
  /** (T, H) */
  hiddenDeltas: Float32Array;
  /** (T+1, H) */
  hiddenStates: Float32Array;
  /** (H, 1), as it was before the update. */
  W_hy: Numbers;
  slope(h: number): number;
}

/** A parameter among the heatmaps. */
interface MatrixPlan {
  name: string;
  /** Whether it leads to the output. */
  output: boolean;
  /** 1 from the input, 2 from the hidden state, 3 a bias. */
  row: number;
  column: number;
  gate: string;
  /** The article's name. */
  seed: string;
}

interface MatrixLook {
  palette: Palette;
  frame: Frame;
  what: Matrices;
  limits: Record<Matrices, number>;
  /** The problem whose updates shine through, and how much of them, 0 to 1. */
  flashing: Problem | null;
  flash: number;
}

/** A panel of fields over the page. */
type Control = import("./dom.js").Control;
type Complaint = import("./complaints.js").Complaint;
interface Panel {
  /** Those with a name. */
  controls: Control[];
  /** Those that somebody has edited. */
  edited: Set<Control>;
  /** Counts changes, so that views see when to look again. */
  version: number;
  changed(): void;
  close(): void;
  inWords(control: Control, detail: string): string;
  note: Note;
  refuse(control: Control, detail: string): void;
  wait: WaitFor;
}

interface TravelHandlers {
  arrived(found: Frame): void;
  failed(error: Complaint): void;
}

type SocketMessage = import("./wire.d.ts").StatusMessage | import("./wire.d.ts").ProblemMessage;
interface StreamHandlers {
  open(): void;
  message(message: SocketMessage): void;
  frame(buffer: ArrayBuffer): void;
  /** The line is down; it is tried again in so many milliseconds. */
  waiting(retryIn: number): void;
  /** It will not be tried again. */
  gone(code: number, reason: string): void;
}

/** What is asked to differ: fields of a configuration. */
type Changes = Record<string, unknown>;

// Functions whose types would fill more of a line than they do.

type Make = <K extends keyof HTMLElementTagNameMap>(tag: K, className?: string, textContent?: string) => HTMLElementTagNameMap[K];
type PaintCanvas = (canvas: HTMLCanvasElement, values: ArrayLike<number> | undefined, columns: number, limit: number, palette: Palette) => void;
type Paint = (scale: Scale, values: ArrayLike<number>, limit: number, pixels: Uint8ClampedArray) => void;

type CreateTravel = (ask: (iteration: number, signal: AbortSignal) => Promise<Frame>, handlers: TravelHandlers) => (iteration: number | null) => void;
type CreatePanel = (root: HTMLElement, actions: Actions) => Panel;
type SocketCommand = import("./wire.d.ts").SpeedCommand | { type: Command };
type CreateStream = (url: string, handlers: StreamHandlers) => (message: SocketCommand) => boolean;
type Asker = (state: State, changed: () => void) => () => void;
type CreatePoll = (round: () => Promise<number | void>) => () => void;
type ReadNumber = (text: string, kind: string | undefined) => number | string;
type CreateWitness = (runId: string, heard: (generation: number) => void) => Witness;
type Notify = (state: State, text: string, tone: Tone) => void;

type OfSeries<T> = (series: Series) => T;
type OfFirst = (series: Series, first: number) => void;
type To = (series: Series, end: number) => void;
type Arranged = (runs: RunStatus[], text: string, order: string) => RunStatus[];
type CurvePaths = (summary: Pick<Summary, "min" | "mean" | "max">, top: number, width: number, height: number) => { band: string; line: string };
type PiecesOf = (summary: Summary, stop: number, first?: number) => Piece[];
type Aligned = (curves: AccuracyEntry[][], log: { x: boolean; y: boolean }) => import("./vendor/uPlot.js").AlignedData;
type Read = (run: Pick<Compared, "pieces" | "smooth" | "history">, iteration: number | null) => Reading;
type CsvOf = (runs: Pick<Compared, "name" | "pieces" | "history">[]) => string;
type Facts = (run: { status: RunStatus; history: AccuracyEntry[] }) => Record<string, string>;
type Picture = (lines: { words: string; stroke: string; dash: number[] }[], charts: HTMLCanvasElement[], palette: Palette) => Promise<Blob>;
type CreateCharts = (root: HTMLElement, looks: (() => { stroke: string; dash: number[] })[], read: (iteration: number | null, byKey: boolean) => void) => (state: Comparison) => void;
type CreateCompared = (root: HTMLElement, remove: (slot: number) => void) => (state: Comparison) => void;
type Between<T> = (series: Series, start: number, stop: number) => T;
type AddRaw = (series: Series, start: number, errors: ArrayLike<number>) => void;
type AddSummary = (series: Series, summary: Summary, stop: number) => void;
type Decimate = (series: Series, from: number, to: number, columns: number) => Curve;

type Takes = (playback: Playback, problem: Problem) => void;
type Enter = (playback: Playback, problem: Problem | null, phase: Phase, position?: number) => void;
type Advance = (playback: Playback, milliseconds: number) => boolean;

type TrainingProblem = (frame: Frame, config: RunConfig) => Problem | null;
type PredictionProblem = (answer: Answer, task: Task, frame: Frame | null, config: RunConfig) => Problem;
type SplitDeltas = (pass: BackwardPass) => { outputPart: Float64Array; futurePart: Float64Array };
type ElmanStates = (weights: Tensors, inputs: number[][], activation: string) => Float64Array;

type Written = (task: Task, operands: (number | string)[]) => string;
type Said = (task: Task, result: number) => string;
type CheckOperand = (name: string, text: string) => { value: number; problem: string };
type StatesOf = (task: Task, inputs: number[][]) => number[];

type PlanMatrices = (names: string[], gates: string[]) => MatrixPlan[];
type DescribeWeight = (plan: MatrixPlan, row: number, column: number) => string;
type CreateMatrix = (figure: HTMLElement, plan: MatrixPlan, weights: Tensor, actions: Actions, changed: (spoken: string) => void) => {
  name: string;
  read(place?: Asked): string;
  draw(look: MatrixLook): void;
};
type Mark = (rows: string[], className: string, test: (position: number) => unknown) => void;
type PointAt = (inside: Element, asks?: boolean, spoken?: boolean) => void;
type AxesOf = (asked: Asked) => { name: "unit" | "row" | "column"; words: string; count: number }[];
type Label = (row: string, words: string, position: number, text: string) => void;
type Strip = (root: Element, values: Numbers | undefined, limit: number) => string;
type ShowOut = (out: Record<"box" | "bit" | "p", HTMLElement>, problem: Problem | null, position: number) => void;
type CreateTable = (template: HTMLTemplateElement, width: number, task: Task, actions: Actions) => StageTable;

type ShowProblem = (problem: Problem | null, task: Task, palette: Palette) => void;
type ShowStep = (state: State, task: Task) => void;
type Note = (control: Control, name: string, text: string) => void;
type WaitFor = (asked: Promise<unknown>, done: () => void) => void;
type BuildMatrices = (frame: Frame, task: Task) => void;
type Glow = (playback: Playback, still: boolean) => number;
type DrawMarks = (u: import("./vendor/uPlot.js").default, state: State) => void;
type DrawLine = (points: number[][], look: object, dash: number[]) => void;
type Point = (place: number[] | null, byKey?: boolean) => void;
type CurrentMessage = (state: State) => [text: string, tone: Tone, progress?: string] | undefined;
type Activate = (activation: string, z: number) => number;
type DescribeFocus = (focus: Focus | Asked | null, problem: Problem | null, task: Task) => string;
type MakeTerm = (symbol: string, factors: number[], unsure?: number) => Term;
/** The weights of a name as they were before the update, undefined where there are none. */
type Before = (name: string) => WeightsThen;
type Explanation = (asked: Required<Asked>, problem: Required<Problem>, config: RunConfig, before: Before) => Partial<Arithmetic>;
type NameOf = (asked: Omit<Asked, "gate"> & { gate?: string }) => string;
type Explain = (asked: Asked, problem: Problem | null, config: RunConfig) => Arithmetic;
type Added = (symbol: string, terms: Term[], value?: number) => { terms: Term[]; sum: Sum };
type SumLine = (symbol: string, parts: number[], value: number, doubt: number) => string;
type RowsOf = (found: Arithmetic, most?: number) => TermRow[];
type CommonDigits = (largest: number, doubt?: number, smallest?: number) => Digits;
type UnitsOf = (digits: Digits, x: number) => number;
type TextOf = (digits: Digits, units: number) => string;
type Activated = (activation: string, symbol: string, value: number, terms: Term[]) => Omit<Arithmetic, "note">;
type WhatLacks = (asked: Asked, problem: Problem | null) => string;
type MakeMath = (tag: string, ...children: (Element | string)[]) => Element;
type Slope = (activation: string, h: number) => number;
type WeightsBefore = (weights: Tensor, updates: Tensor, learningRate: number) => Float64Array;
type ApplyStatus = (state: State, run: RunStatus, greeting: boolean) => boolean;
type ApplyReset = (state: State, before: RunStatus | null, act: Act) => void;
type ApplyMoment = (state: State, frame: Frame) => void;
type ApplyFrame = (state: State, frame: Frame) => boolean;
type DescribeEnd = (run: RunStatus, resettable?: boolean) => string | null;
type DescribeStep = (playback: Pick<Playback, "phase" | "position" | "problem">, task: Task, state?: Pick<State, "moment" | "run">) => string;
type DescribeAnswer = (answer: Answer, task: Task) => string;
type Running = (values: Float64Array, reach: number) => Float64Array;
type OfTask<T> = (task: Task) => T;
type CreateLoop = (draw: (now: number) => boolean) => Pick<Actions, "wake" | "wakeIn">;
