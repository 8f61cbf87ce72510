/**
 * The way from this page up to the lab's root: "", or "../" repeated. Every address of the page begins with it, so that
 * the lab works under any prefix that a proxy puts before it.
 */
export const up = globalThis.document?.documentElement.dataset.up ?? "";
