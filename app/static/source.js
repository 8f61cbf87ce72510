/**
 * Where everything comes from that the page shows of its run: one interface. Today there is one kind of source, a live
 * run on a server. A recorded run can be another: it answers the same questions from a file, and refuses commands.
 *
 * State, questions and actions ask a source. Views know neither it nor a socket nor an address: they know the state.
 */
import { api } from "./api.js";
import { streamAddress } from "./early.js";
import { decodeFrame } from "./frames.js";
import { createWatch } from "./over-http.js";
import { createStream } from "./stream.js";
import { up } from "./up.js";

/**
 * @import { Command, ProgramNames, Typed } from "./api.js"
 * @import { Frame, Whole } from "./frames.js"
 * @import { ErrorSummary } from "./series.js"
 * @import { Found } from "./state.js"
 * @import { SocketCommand, StreamHandlers } from "./stream.js"
 * @import { Accuracy, Answer, Answers, EngineStatus as Engine, Milestone, PatchRun, ProgramDocument, ProofStatus, ResetRun, RunStatus, StepRun,
 *   TaskDescription as Task, Why } from "./wire.d.ts"
 */

/**
 * The source of one run. Promises are rejected with an Error whose message is a sentence for people.
 * @typedef {object} Source
 * @property {(handlers: StreamHandlers) => (message: SocketCommand) => boolean} follow
 *   Tells of each new status and frame from now on. What it returns sends a command, and says whether it could.
 * @property {(iteration: number, signal?: AbortSignal) => Promise<Frame>} moment A moment of the run's past.
 * @property {(start: number, stop: number, points?: number) => Promise<ErrorSummary>} errors
 *   The errors of iterations, each by itself or in so many pieces.
 * @property {(iteration?: number) => Promise<Accuracy>} accuracy Now, or at a moment.
 * @property {(operands: Record<string, number>, iteration?: number) => Promise<Answer>} predict
 *   The network's answer now, or at a moment.
 * @property {(query: Record<string, Whole>, iteration?: number) => Promise<Frame>} trace
 *   What the network does with a problem of any length, now or at a moment: operands, and `width` for so many positions.
 * @property {(query: Record<string, number>) => Promise<Answers>} answers The answers to one problem through training.
 * @property {(operands: Record<string, number>, iteration: number) => Promise<Why>} why
 *   Why a bit of an answer is wrong, or how near it was.
 * @property {<C extends keyof Found>(call: C, query: Record<string, number>, iteration?: number) => Promise<Found[C]>}
 *   inside What is inside the network now, or at a moment.
 * @property {(method: "GET" | "POST" | "DELETE", values?: Record<string, number>) => Promise<ProofStatus>} proof
 *   Tells about a proof, begins one, or cancels it.
 * @property {(names: ProgramNames) => Promise<ProgramDocument>} program The run as one short program.
 * @property {() => Promise<Milestone[]>} milestones What it has learned so far, and when.
 * @property {() => Promise<Task>} task
 * @property {() => Promise<Engine>} engine
 * @property {(run: RunStatus) => Promise<RunStatus>} whole A status with all that it may leave out.
 * @property {(name: Command, body?: ResetRun | StepRun) => Promise<RunStatus>} command
 * @property {(values: Typed<PatchRun>) => Promise<RunStatus>} change
 */

/** A run on the server that this page comes from. @type {(run: string) => Source} */
export function liveSource(run) {
  const events = new URL(`${up}api/runs/${run}/events`, location.href);
  return {
    follow: (handlers) =>
      createStream(streamAddress, handlers, createWatch(events.href, document.documentElement.lang)),
    moment: async (iteration, signal) => decodeFrame(await api.moment(run, iteration, signal)),
    errors: (...range) => api.errors(run, ...range),
    accuracy: (iteration) => api.accuracy(run, iteration),
    predict: (operands, iteration) => api.predict(run, operands, iteration),
    trace: async (query, iteration) => decodeFrame(await api.trace(run, query, iteration)),
    answers: (query) => api.answers(run, query),
    why: (operands, iteration) => api.why(run, operands, iteration),
    inside: (call, query, iteration) => api.inside(run, call, query, iteration),
    proof: (...asked) => api.proof(run, ...asked),
    program: (names) => api.program(run, names),
    milestones: () => api.milestones(run),
    task: () => api.task(run),
    engine: () => api.engine(run),
    whole: api.whole,
    command: (name, body) => api.command(run, name, body),
    change: (values) => api.change(run, values),
  };
}
