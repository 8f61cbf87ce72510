/** What the presenter of a class has besides the lab. It is bundled by itself, and fetched there alone: see scripts/bundle.js. */
export { create } from "./views/class.js";
