/** Binary frames: safetensors, each tensor viewed where it lies. Pure. The format is in docs/frames.md. */

/** @param {ArrayBuffer} buffer */
export function decodeTensors(buffer) {
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const base = 8 + length;
  const { __metadata__: metadata = {}, ...entries } = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  /** @type {Tensors} */
  const tensors = {};
  for (const [name, { dtype, shape, data_offsets: [start, stop] }] of Object.entries(entries)) {
    if (dtype !== "F32") throw new TypeError(`Tensor ${name} is ${dtype}; frames hold F32.`);
    tensors[name] = { shape, data: new Float32Array(buffer, base + start, (stop - start) / 4) };
  }
  return { tensors, metadata };
}

/** @param {ArrayBuffer} buffer @returns {Frame} */
export function decodeFrame(buffer) {
  const { tensors, metadata } = decodeTensors(buffer);
  const number = (/** @type {string} */ name) => Number(metadata[name] ?? 0);
  const group = (/** @type {string} */ prefix) =>
    Object.fromEntries(Object.entries(tensors).filter(([name]) => name.startsWith(prefix)).map(([name, tensor]) => [name.slice(prefix.length), tensor]));
  return {
    generation: number("generation"),
    iteration: number("iteration"),
    errorsStart: number("errors_start"),
    errors: tensors.errors.data,
    learningRate: number("learning_rate"),
    state: metadata.state,
    iterationsPerSecond: number("iterations_per_second"),
    weights: group("weights."),
    updates: group("updates."),
    trace: group("trace."),
    gates: group("trace.gates."),
    operands: ["a", "b", "c"].filter((name) => name in metadata).map(number),
    expected: number("expected"),
    predicted: number("predicted"),
    parting: metadata.parting ? JSON.parse(metadata.parting) : null,
  };
}
