/** The page of a run that does not exist. If its address names the experiment, that can be created again. */
import { find } from "./dom.js";

const again = find(document, "a#again");
again.href = `/${location.search}${location.hash}`;
again.hidden = location.hash.length < 2;
