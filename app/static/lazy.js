/**
 * What the page fetches when it is live: the chart, which brings uPlot, what explains a number or an answer, the program
 * and the words. It is one
 * file for all. With more, the bundler would cut what they share with the page into more files, and the first visit would wait for
 * them.
 */
export * as code from "./views/code.js";
export * as curve from "./views/curve.js";
export * as discovery from "./views/discovery.js";
export * as edits from "./views/edits.js";
export * as glossary from "./views/glossary.js";
export * as milestones from "./views/milestones.js";
export * as past from "./views/past.js";
export * as terms from "./views/terms.js";
export * as why from "./views/why.js";
