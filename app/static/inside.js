/** What is inside the network. It is bundled by itself, and fetched when it is opened: see scripts/bundle.js. */
export { create } from "./views/inside.js";
