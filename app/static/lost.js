/** The page of a run that does not exist. If its address names the experiment, that can be created again. */
import { find } from "./dom.js";
import { up } from "./up.js";

const again = find(document, "a#again");
again.href = `${up || "./"}${location.search}${location.hash}`;
again.hidden = location.hash.length < 2;
