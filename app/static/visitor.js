/** What visitors have besides the lab. It is bundled by itself, and fetched by them alone: see scripts/bundle.js. */
export { create } from "./views/visitor.js";
