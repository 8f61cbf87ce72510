/**
 * The shapes that travel through the page. Types only: no browser loads this file, and every module knows them by name.
 *
 * Arrays over time run least significant bit first, as the network sees them,
 * unless a comment says otherwise. T positions, H hidden units.
 */

type RunState = "ready" | "running" | "paused" | "finished" | "diverged" | "failed";

interface RunConfig {
  task: string;
  bits: number;
  cell: string;
  activation: string;
  hidden_size: number;
  learning_rate: number;
  max_iterations: number;
}

interface RunStatus {
  id: string;
  name: string;
  state: RunState;
  generation: number;
  iteration: number;
  config: RunConfig;
  learning_rate: number;
  speed: number | null;
  error: number | null;
  iterations_per_second: number;
  detail: string | null;
}

interface Task {
  task: string;
  bits: number;
  operands: string[];
  operand_limit: number;
  symbol: string;
  reference_errors: { key: string; label: string; error: number }[];
}

interface Engine {
  name: string;
  state: "ready" | "compiling" | "fallback";
  detail: string | null;
}

/** How much the network gets right, of all problems of its width or a sample. */
interface Accuracy {
  generation: number;
  iteration: number;
  problems: number;
  sampled: boolean;
  /** From 0 to 1. */
  accuracy: number;
  /** [iteration, accuracy], ascending. */
  history: [number, number][];
}

/** What `/predict` says; its bits and probabilities are most significant first. */
interface Answer {
  a: number;
  b: number;
  expected: number;
  predicted: number;
  correct: boolean;
  width: number;
  bits: Record<string, number[]>;
  probabilities: number[];
  generation: number;
  iteration: number;
  beyond_training: boolean;
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

/** The HTTP calls, each for the run of this id. */
interface Api {
  task(id: string): Promise<Task>;
  accuracy(id: string): Promise<Accuracy>;
  engine(): Promise<Engine>;
  command(id: string, name: Command): Promise<RunStatus>;
  /** Null is unlimited. */
  setSpeed(id: string, speed: number | null): Promise<RunStatus>;
  predict(id: string, a: number, b: number): Promise<Answer>;
  errors(id: string, start: number, stop: number, points: number): Promise<ErrorSummary>;
}

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
  a: number;
  b: number;
  expected: number;
  predicted: number;
}

/** What the stage plays: one sum, and all that the network did with it. */
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
  /** The carry into each position. */
  carries: number[];
  targets: number[];
  /** P(bit = 1). */
  outputs: number[];
  /** The network's bits. */
  bits: number[];
  expected: number;
  predicted: number;
  /** (T+1, H), row 0 is the zero start. */
  hiddenStates?: Float32Array;
  /** (T,) */
  outputDeltas?: number[];
  /** (T, H): what this position's output asks of the hidden state ... */
  outputPart?: Float32Array;
  /** ... what later positions ask of it ... */
  futurePart?: Float32Array;
  /** ... and both together. */
  hiddenDeltas?: Float32Array;
  updates: Tensors;
  learningRate: number;
}

type Phase = "empty" | "forward" | "answer" | "backward" | "update" | "rest";

interface Playback {
  phase: Phase;
  /** What is played. */
  problem: Problem | null;
  /** The newest training problem that was offered. */
  newest: Problem | null;
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
  color: Record<"ink" | "muted" | "faint" | "line" | "surface" | "accent" | "track" | "second", string>;
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

type Tone = "info" | "problem";
type Matrices = "weights" | "updates";
type Command = "start" | "pause" | "step" | "reset";

interface State {
  runId: string;
  run: RunStatus | null;
  /** The newest. */
  frame: Frame | null;
  /** Whether a frame has ever come. */
  arrived: boolean;
  series: Series;
  /** Null until the first of this generation has come, which needs the engine to be compiled. */
  accuracy: Accuracy | null;
  task: Task | null;
  engine: Engine | null;
  connection: Connection;
  playback: Playback;
  prediction: { text: string; answer: Answer | null };
  notice: { text: string; tone: Tone; until: number } | null;
  /** What the heatmaps show. */
  matrices: Matrices;
  palette: Palette;
  reducedMotion: boolean;
  /** The moment of this drawing. */
  now: number;
}

/** What views may do. */
interface Actions {
  toggle(): void;
  command(name: Command): void;
  speed(value: number | null): void;
  hold(): void;
  nextBit(): void;
  show(what: Matrices): void;
  predict(a: number, b: number): void;
  theme(): void;
  /** Asks for a drawing, at once or in a while. */
  wake(): void;
  wakeIn(milliseconds: number): void;
}

/** `update` returns whether something still moves by itself. */
type CreateView = (root: HTMLElement, actions: Actions) => { update(state: State): boolean | void };

/** The stage's table of positions. */
interface StageTable {
  element: HTMLElement;
  width: number;
  /** Another key needs another table. */
  key: string;
  strips: Record<"hidden" | "outputPart" | "futurePart", HTMLCanvasElement>;
  labelWidth(): number;
  /** The problem itself, before anything is worked out. */
  show(problem: Problem | null): void;
  /** Forward: the positions that have their output; backward: the lowest that has its deltas; active: -1 for none. */
  step(problem: Problem | null, forward: number, backward: number, active: number): void;
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
  W_hy: Float32Array;
  slope(h: number): number;
}

/** How a row of strips looks at this moment. */
interface StripLook {
  /** Whether the position's strip is known yet. */
  has(position: number): boolean;
  /** The position worked on, -1 for none. */
  active: number;
  /** Where the traveller comes from: the position below (-1) or above (1). */
  from: -1 | 1;
  /** 0 to 1, how far the step is. */
  t: number;
  units: number;
  /** What travels between positions, if anything does. */
  traveller?: HTMLCanvasElement;
}

interface MatrixLook {
  palette: Palette;
  hidden: number;
  frame: Frame | null;
  what: Matrices;
  limits: Record<Matrices, number>;
  /** The updates that shine through, and how much of them, 0 to 1. */
  flashing?: Tensor;
  flash: number;
}

interface StreamHandlers {
  open(): void;
  message(message: any): void;
  frame(buffer: ArrayBuffer): void;
  /** The line is down; it is tried again in so many milliseconds. */
  waiting(retryIn: number): void;
  /** It will not be tried again. */
  gone(code: number, reason: string): void;
}

/** One pixel a value, a line a position; values (T, H). */
type PaintStrips = (canvas: HTMLCanvasElement, values: Float32Array | undefined, units: number, limit: number, palette: Palette) => void;

/** To the left where it comes from below (-1). */
type DrawArrow = (g: CanvasRenderingContext2D, x: number, room: number, y: number, size: number, from: number) => void;
