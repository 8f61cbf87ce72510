import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeErrors, decodeFrame, decodePicture, decodeTensors } from "../../app/static/frames.js";

/** Writes safetensors as the server does: the header padded until the data starts at a multiple of `align`. */
function encode(tensors, metadata, align = 8) {
  const header = { __metadata__: metadata };
  let at = 0;
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    header[name] = { dtype: "F32", shape, data_offsets: [at, at + data.length * 4] };
    at += data.length * 4;
  }
  let json = JSON.stringify(header);
  while ((8 + json.length) % align) json += " ";
  const buffer = new ArrayBuffer(8 + json.length + at);
  new DataView(buffer).setBigUint64(0, BigInt(json.length), true);
  new Uint8Array(buffer, 8).set(new TextEncoder().encode(json));
  const bytes = new Uint8Array(buffer);
  let offset = 8 + json.length;
  for (const { data } of Object.values(tensors)) {
    bytes.set(new Uint8Array(Float32Array.from(data).buffer), offset);
    offset += data.length * 4;
  }
  return buffer;
}

const META = {
  generation: "2",
  iteration: "12345",
  errors_start: "12343",
  learning_rate: "0.1",
  state: "running",
  iterations_per_second: "300.5",
};

test("a frame says where the past is computed differently, and else nothing", () => {
  const parting = { iteration: 1234, sound: [1000, 2000], detail: "What is shown is not exactly what was then." };
  const errors = { errors: { shape: [0], data: [] } };
  assert.deepEqual(decodeFrame(encode(errors, { ...META, parting: JSON.stringify(parting) })).parting, parting);
  assert.equal(decodeFrame(encode(errors, META)).parting, null);
});

test("a frame is read into its groups, its numbers into numbers", () => {
  const buffer = encode(
    {
      errors: { shape: [2], data: [0.5, 0.25] },
      "weights.W_hy": { shape: [2, 1], data: [1, -1] },
      "updates.W_hy": { shape: [2, 1], data: [3, 4] },
      "trace.outputs": { shape: [2], data: [0.1, 0.9] },
    },
    { ...META, a: "9", b: "60", expected: "69", predicted: "67" },
  );
  const frame = decodeFrame(buffer);
  assert.equal(frame.iteration, 12345);
  assert.equal(frame.errorsStart, 12343);
  assert.equal(frame.state, "running");
  assert.equal(frame.iterationsPerSecond, 300.5);
  assert.deepEqual([frame.operands, frame.expected, frame.predicted], [[9, 60], 69, 67]);
  assert.deepEqual([...frame.errors], [0.5, 0.25]);
  assert.deepEqual(frame.weights.W_hy.shape, [2, 1]);
  assert.deepEqual([...frame.updates.W_hy.data], [3, 4]);
  assert.deepEqual(Object.keys(frame.trace), ["outputs"]);
});

test("a frame has the operands of its task, and the gates of its cell", () => {
  const tensors = { errors: { shape: [0], data: [] }, "trace.gates.update": { shape: [1, 2], data: [0.5, 0.25] } };
  assert.deepEqual(decodeFrame(encode(tensors, { ...META, a: "3", b: "2", c: "1" })).operands, [3, 2, 1]);
  const frame = decodeFrame(encode(tensors, { ...META, a: "3" }));
  assert.deepEqual(frame.operands, [3]);
  assert.deepEqual([...frame.gates.update.data], [0.5, 0.25]);
});

test("tensors are views of the frame, not copies", () => {
  const buffer = encode({ errors: { shape: [1], data: [1] } }, META);
  assert.equal(decodeFrame(buffer).errors.buffer, buffer);
});

test("a frame before the first iteration has no trace", () => {
  const frame = decodeFrame(
    encode({ errors: { shape: [0], data: [] }, "weights.W_hy": { shape: [1, 1], data: [1] } }, META),
  );
  assert.deepEqual(frame.trace, {});
  assert.equal(frame.errors.length, 0);
});

test("what is not a frame is refused", () => {
  assert.throws(() => decodeTensors(new ArrayBuffer(4)), RangeError);
  const huge = new ArrayBuffer(16);
  new DataView(huge).setUint32(0, 1000, true);
  assert.throws(() => decodeTensors(huge), RangeError);
  const text = new ArrayBuffer(16);
  new DataView(text).setUint32(0, 8, true);
  assert.throws(() => decodeTensors(text), SyntaxError);
  const short = encode({ errors: { shape: [2], data: [1, 2] } }, META).slice(0, -4);
  assert.throws(() => decodeTensors(short), RangeError);
});

test("errors come one by one in double precision, or as a summary", () => {
  const place = { generation: "3", start: "100", stride: "1" };
  const header = JSON.stringify({
    __metadata__: place,
    errors: { dtype: "F64", shape: [2], data_offsets: [0, 16] },
  }).padEnd(200);
  const buffer = new ArrayBuffer(8 + 200 + 16);
  new DataView(buffer).setBigUint64(0, 200n, true);
  new Uint8Array(buffer, 8).set(new TextEncoder().encode(header));
  new Float64Array(buffer, 208).set([0.1, 4.2]);
  const one = Float64Array.of(0.1, 4.2);
  assert.deepEqual(decodeErrors(buffer), { generation: 3, start: 100, stride: 1, min: one, mean: one, max: one });

  const summary = encode(
    { min: { shape: [1], data: [1] }, mean: { shape: [1], data: [2] }, max: { shape: [1], data: [3] } },
    { ...place, stride: "7" },
  );
  assert.deepEqual(decodeErrors(summary), {
    generation: 3,
    start: 100,
    stride: 7,
    min: Float32Array.of(1),
    mean: Float32Array.of(2),
    max: Float32Array.of(3),
  });
});

test("a picture has its squares and what they stand for", () => {
  const metadata = {
    ...{ run: "main", generation: "2", iteration: "9", side: "4", lows: "[[0,0],[3,1]]" },
    ...{ right: "3", tried: "8", problems: "4611686018427387904" },
  };
  const margins = { shape: [2, 2], data: [0.5, -0.25, NaN, 0] };
  const predicted = { shape: [2, 2], data: [0, 1, 2, 3] };
  const found = decodePicture(encode({ margins, predicted, worst: { shape: [2, 2], data: [0, 1, 0, 1] } }, metadata));
  assert.deepEqual([...found.margins], margins.data);
  assert.deepEqual([...found.predicted], predicted.data);
  assert.deepEqual([...found.worst], [0, 1, 0, 1]);
  const { size, side, lows, c, right, tried, problems, generation, iteration } = found;
  assert.deepEqual(
    [size, side, lows, c],
    [
      2,
      4,
      [
        [0, 0],
        [3, 1],
      ],
      0,
    ],
  );
  assert.deepEqual([right, tried, problems, generation, iteration], [3, 8, 2n ** 62n, 2, 9]);
  assert.equal(decodePicture(encode({ margins, predicted }, { ...metadata, c: "5" })).worst, null);
  assert.equal(decodePicture(encode({ margins, predicted }, { ...metadata, c: "5" })).c, 5);
});

test("whole numbers of any length are read exactly, each in one form", () => {
  const long = 2n ** 1000n + 1n;
  const metadata = { ...META, a: `${long}`, b: "5", expected: `${long + 5n}`, predicted: "9007199254740993" };
  const frame = decodeFrame(encode({ errors: { shape: [0], data: [] } }, metadata));
  assert.deepEqual([frame.operands, frame.expected, frame.predicted], [[long, 5], long + 5n, 9007199254740993n]);
});
