/**
 * What the page fetches when it is live: the chart, which brings uPlot, and what explains a number. It is one file for
 * both. With two, the bundler would cut what they share with the page into more files, and the first visit would wait for
 * them.
 */
export * as curve from "./views/curve.js";
export * as terms from "./views/terms.js";
