import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const views = new URL("../../app/static/views/", import.meta.url);

/** What reaches the server. */
const WIRES = ["api", "early", "over-http", "source", "stream", "up"];

/**
 * Views of the pages for runs and for comparing, and of a class's presenter and visitors: they show many runs, and link to
 * them.
 */
const OF_OTHER_PAGES = ["class.js", "compared.js", "run-card.js", "visitor.js"];

test("views of the lab know neither a source nor a socket nor an address", () => {
  const files = readdirSync(views).filter((name) => name.endsWith(".js") && !OF_OTHER_PAGES.includes(name));
  assert.ok(files.includes("stage.js"));
  for (const name of files) {
    const imported = [...readFileSync(new URL(name, views), "utf8").matchAll(/from "\.\.\/([\w-]+)\.js"/g)];
    const reaching = imported.map(([, module]) => module).filter((module) => WIRES.includes(module));
    assert.deepEqual(reaching, [], name);
  }
});
