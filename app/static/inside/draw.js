/** What the panels draw with: elements of SVG, lines and scales. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} name
 * @param {Record<string, string | number>} attributes
 * @param {string} [text]
 * @returns {SVGElementTagNameMap[K]}
 */
export function element(name, attributes, text = "") {
  const made = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, String(value));
  made.textContent = text;
  return made;
}

/**
 * The path through points. Where a height is null, the line has a gap.
 * @param {[x: number, y: number | null][]} points
 */
export function linePath(points) {
  let path = "";
  let joins = false;
  for (const [x, y] of points) {
    if (y !== null) path += `${joins ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
    joins = y !== null;
  }
  return path;
}

/**
 * A logarithmic scale from `low` at the bottom, which is `height`, to `high` at 0. What is beyond stands at the edge.
 * @type {(low: number, high: number, height: number) => (value: number) => number}
 */
export function logarithm(low, high, height) {
  const [bottom, top] = [Math.log10(low), Math.log10(high)];
  return (value) => height * Math.min(1, Math.max(0, (top - Math.log10(value)) / (top - bottom)));
}
