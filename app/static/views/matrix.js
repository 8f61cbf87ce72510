/** One weight matrix: a heatmap to point at, or to walk through by arrow keys. */
import { context, find, fitCanvas, setAttribute, setStyle, setText } from "../dom.js";
import { signed } from "../format.js";
import { paint } from "../scale.js";

/** A cell's largest side, and the least where there are one or two; in rem. */
const LARGEST = 2;
const LEAST = 0.95;
const RULED = 7; // pixels from which on hair lines part the cells
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/** @param {HTMLElement} figure @param {() => void} wake @param {(text: string) => void} speak */
export function createMatrix(figure, wake, speak) {
  const name = figure.dataset.matrix ?? "";
  const [canvas, shapeText] = ["canvas", ".matrix-shape"].map((part) => find(figure, part));
  const g = context(canvas);
  const small = document.createElement("canvas");
  let [rows, columns] = [0, 0];
  /** The cell that is read. @type {number[] | null} */
  let at = null;
  let version = 0;
  /** @type {Frame | null} */
  let frame = null;
  let laidOut = "";

  /** @param {number[] | null} place */
  function point(place) {
    at = place && [clamp(place[0], rows), clamp(place[1], columns)];
    version++;
    wake();
  }

  canvas.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
    const place = [(event.offsetY / canvas.clientHeight) * rows, (event.offsetX / canvas.clientWidth) * columns].map(Math.floor);
    if (String(place) !== String(at)) point(place);
  });
  for (const leave of ["pointerleave", "blur"]) canvas.addEventListener(leave, () => point(null));
  canvas.addEventListener("focus", () => canvas.matches(":focus-visible") && point(at ?? [0, 0]));
  canvas.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const step = STEPS[/** @type {keyof typeof STEPS} */ (event.key)];
    if (!step) return;
    event.preventDefault();
    point(at ? [at[0] + step[0], at[1] + step[1]] : [0, 0]);
    speak(read());
  });

  function read() {
    const weights = frame?.weights[name];
    if (!at || !weights) return "";
    const [row, column] = at;
    const update = frame?.updates[name]?.data[row * columns + column];
    const last = update === undefined ? "" : `, last update ${signed(update)}`;
    const from = name === "W_xh" ? `input ${"ab"[row]}` : `hidden unit ${row}`;
    const to = name === "W_hy" ? "the output" : `hidden unit ${column}`;
    return `${name} from ${from} to ${to}: ${signed(weights.data[row * columns + column])}${last}`;
  }

  /** @param {Tensor} weights @param {number} hidden */
  function layOut({ shape }, hidden) {
    const key = `${shape} ${innerWidth} ${devicePixelRatio}`;
    if (key === laidOut) return;
    laidOut = key;
    [rows, columns] = shape;
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const cell = Math.min(LARGEST, parseFloat(getComputedStyle(figure).getPropertyValue("--matrix-side")) / hidden);
    const [height, width] = shape.map((n) => Math.round(rem * n * (n > 2 ? cell : Math.max(cell, LEAST))));
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    fitCanvas(canvas, width, height);
    [small.width, small.height] = [columns, rows];
    setText(shapeText, `${rows} × ${columns}`);
  }

  /** @param {Tensor | undefined} tensor @param {number} limit @param {Palette} palette @param {number} alpha */
  function fill(tensor, limit, { scale }, alpha) {
    if (!tensor || !alpha) return;
    const image = new ImageData(columns, rows);
    paint(scale, tensor.data, limit, image.data);
    context(small).putImageData(image, 0, 0);
    g.imageSmoothingEnabled = false;
    g.globalAlpha = alpha;
    g.drawImage(small, 0, 0, canvas.width, canvas.height);
    g.globalAlpha = 1;
  }

  /** @param {Palette} palette */
  function rule({ color }) {
    const [w, h] = [canvas.width / columns, canvas.height / rows];
    g.fillStyle = color.surface;
    for (let c = 1; w >= RULED && c < columns; c++) g.fillRect(Math.round(c * w), 0, 1, canvas.height);
    for (let r = 1; h >= RULED && r < rows; r++) g.fillRect(0, Math.round(r * h), canvas.width, 1);
    if (!at) return;
    g.strokeStyle = color.ink;
    g.lineWidth = 2 * devicePixelRatio;
    g.strokeRect(at[1] * w, at[0] * h, w, h);
  }

  return {
    name,
    version: () => version,
    read,
    /** @param {MatrixLook} look */
    draw({ palette, hidden, frame: newest, what, limits, flashing, flash }) {
      frame = newest;
      if (!frame?.weights[name]) return;
      layOut(frame.weights[name], hidden);
      setAttribute(canvas, "aria-label", `${name}, ${rows} × ${columns}: ${what}`);
      setStyle(figure, "--flash", flash.toFixed(2));
      g.clearRect(0, 0, canvas.width, canvas.height);
      fill(frame[what][name], limits[what], palette, 1);
      fill(flashing, limits.updates, palette, flash);
      rule(palette);
    },
  };
}

/** @param {number} value @param {number} length */
const clamp = (value, length) => Math.max(0, Math.min(length - 1, value));
