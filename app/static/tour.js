/** The guided tour. It is bundled by itself, and fetched when it is opened: see scripts/bundle.js. */
export { create } from "./views/tour.js";
