/** The page of a run that is not there: where its address says what it was, that can be made again. */
import { find } from "./dom.js";

const again = find(document, "a#again");
again.href = `/${location.search}${location.hash}`;
again.hidden = location.hash.length < 2;
