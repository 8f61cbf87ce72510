/** A picture of charts with their title and legend, for reports and slides. */
import { say } from "./words.js";

/** @import { Palette } from "./palette.js" */

const EDGE = 16; // pixels around everything
const LINE = 22; // height of a line of the legend

/**
 * As wide as the charts, in device pixels.
 * @type {(lines: { words: string; stroke: string; dash: number[] }[], charts: HTMLCanvasElement[], palette: Palette)
 *   => Promise<Blob>}
 */
export function picture(lines, charts, { color, font }) {
  const ratio = devicePixelRatio;
  const canvas = document.createElement("canvas");
  canvas.width = charts[0].width + 2 * EDGE * ratio;
  canvas.height = charts[0].height + charts[1].height + (2 * EDGE + LINE * (lines.length + 3)) * ratio;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  Object.assign(context, { fillStyle: color.surface, lineWidth: 3, font: `14px ${font}` });
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.scale(ratio, ratio);
  context.fillStyle = color.ink;
  let y = EDGE;
  const write = (/** @type {string} */ text, x = EDGE) => context.fillText(text, x, (y += LINE) - LINE / 3);
  write(say("rnn-adder: runs compared"));
  for (const { words, stroke, dash } of lines) {
    context.strokeStyle = stroke;
    context.setLineDash(dash);
    context.beginPath();
    for (const x of [EDGE, EDGE + 40]) context.lineTo(x, y + LINE / 2);
    context.stroke();
    write(words, EDGE + 50);
  }
  charts.forEach((chart, k) => {
    write([say("Error"), say("Accuracy")][k]);
    context.drawImage(chart, EDGE, y, chart.width / ratio, chart.height / ratio);
    y += chart.height / ratio;
  });
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The browser made no picture."))));
  });
}
