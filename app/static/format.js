/** Numbers as people read them. Pure. */

const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** 12345 -> "12,345". Never 12.3k. @param {number} n */
export const whole = (n) => grouped.format(n);

/** 0.8312 -> "0.83". @param {number} p */
export const probability = (p) => p.toFixed(2);

/** 0.99996 -> "99.9%": 100.0% is said only of all. @param {number} share */
export const percent = (share) => `${(Math.floor(share * 1000) / 10).toFixed(1)}%`;

/** Always four decimals, so that nothing jumps. @param {number | null} error */
export const errorValue = (error) => (error === null ? "–" : error.toFixed(4));

/** The minus is as wide as the plus: "+0.0310", "−3.1e−5". @param {number} x */
export function signed(x) {
  const size = Math.abs(x);
  const text = size && size < 0.001 ? size.toExponential(1) : size.toFixed(4);
  return (x < 0 ? "−" : "+") + text.replace("-", "−");
}

/** In a sum or a product: "0.0310", "−3.1e−5", a whole number as it is. @param {number} x */
export const plain = (x) => (Number.isInteger(x) ? String(x).replace("-", "−") : signed(x).replace("+", ""));

/** Always as long: "+0.031", narrow "+.03". @param {number} x */
export function delta(x, narrow = false) {
  const size = Math.abs(x).toFixed(narrow ? 2 : 3);
  const sign = Number(size) === 0 ? "" : x < 0 ? "−" : "+";
  return sign + (narrow ? size.replace(/^0/, "") : size);
}

/** @param {number} r */
export const rate = (r) => (r > 0 && r < 10 ? r.toFixed(1) : whole(r));
