// Tasks as the server describes them, with machines built from rules. Pure.

/** @param {(state: number, bits: number[]) => [number, number]} step next state and output bit */
function machineOf(states, inputs, step) {
  return states.flatMap((name, state) =>
    Array.from({ length: 2 ** inputs }, (_, code) => {
      const bits = Array.from({ length: inputs }, (_, k) => (code >> k) & 1);
      const [next, output] = step(state, bits);
      return [name, bits, states[next], output];
    }),
  );
}

function make(task, title, expression, carried, states, step, more = {}) {
  const operands = [...expression.matchAll(/{(.)}/g)].map((match) => match[1]);
  return {
    task,
    title,
    bits: 8,
    operands,
    operand_limit: 256,
    expression,
    truth: false,
    carried,
    states,
    machine: machineOf(states, operands.length, step),
    reference_errors: [],
    gates: [],
    ...more,
  };
}

const add = (carry, bits) => {
  const sum = carry + bits.reduce((x, y) => x + y);
  return [sum >> 1, sum & 1];
};

export const addition = make("addition", "Addition", "{a} + {b}", "carry", ["carry 0", "carry 1"], add, {
  operand_limit: 128,
});
export const threeNumbers = make(
  "three_numbers",
  "Three numbers",
  "{a} + {b} + {c}",
  "carry",
  ["carry 0", "carry 1", "carry 2"],
  add,
  { operand_limit: 64 },
);
export const subtraction = make(
  "subtraction",
  "Subtraction",
  "{a} − {b}",
  "borrow",
  ["borrow 0", "borrow 1"],
  (borrow, [a, b]) => [a - b - borrow < 0 ? 1 : 0, Math.abs(a - b - borrow) % 2],
);
export const xor = make("xor", "Exclusive or", "{a} xor {b}", "", ["no memory"], (_, [a, b]) => [0, a ^ b]);
export const parity = make(
  "parity",
  "Running parity",
  "running parity of {a}",
  "parity",
  ["even", "odd"],
  (odd, [a]) => [odd ^ a, odd ^ a],
);
export const comparison = make(
  "comparison",
  "Comparison",
  "{a} > {b}",
  "a > b so far",
  ["not greater", "greater"],
  (greater, [a, b]) => (a === b ? [greater, greater] : [a, a]),
  { truth: true },
);
