/**
 * Bundles and minifies the scripts and styles of each page by esbuild, and compresses them: scripts/bundle.py calls it.
 *
 *     node scripts/bundle.js FOLDER STATIC OUT
 *
 * FOLDER is where npm installed esbuild, STATIC has the sources, and OUT gets the files. The last one is manifest.json.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const [folder, source, out] = process.argv.slice(2);
const { build } = createRequire(join(folder, "package.json"))("esbuild");

/** The pages by their names. Each has an entry script, and most have a style sheet, of that name. */
const PAGES = { main: true, runs: true, compare: true, sweeps: true, lost: true, docs: false };

/** The script that opens the socket while the others are on their way. A browser loads it as a module of its own. */
const EARLY = "early.js";

/**
 * What the lab fetches when it is first opened. Each is bundled by itself, with its own copies of the pure modules that
 * it shares with the page: to share them, the bundler would cut the page into more files, and each first visit would
 * wait for all of them. Most have styles of their own. Their texts in other languages come apart, too: see APART in scripts/catalogues.py.
 */
const APART = { "tour.js": null, "inside.js": "inside.css", "visitor.js": "visitor.css", "class.js": "class.css" };

/** Each page is bundled by itself, so that it gets few files. What it imports lazily comes in a file of its own. */
async function bundled(entries, plugins = []) {
  const { outputFiles, metafile } = await build({
    entryPoints: entries.map((name) => join(source, name)),
    absWorkingDir: source,
    outdir: out,
    bundle: true,
    splitting: true,
    format: "esm",
    minify: true,
    charset: "utf8",
    legalComments: "eof",
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    metafile: true,
    write: false,
    logLevel: "warning",
    plugins,
  });
  const outputs = Object.entries(metafile.outputs).map(([path, output]) => ({ name: basename(path), ...output }));
  return { files: outputFiles.map(({ path, contents }) => ({ name: basename(path), contents })), outputs };
}

/** The output of an entry. */
function outputOf(outputs, entry) {
  return outputs.find(({ entryPoint }) => entryPoint === entry);
}

/** The names of the files that an output imports, directly or through others, but not lazily. */
function importsOf(outputs, { name }) {
  const found = new Set();
  const waiting = [name];
  while (waiting.length) {
    const current = waiting.pop();
    const imports = outputs.find((output) => output.name === current)?.imports ?? [];
    for (const { path, kind, external } of imports) {
      const imported = basename(path);
      if (external || kind !== "import-statement" || found.has(imported)) continue;
      found.add(imported);
      waiting.push(imported);
    }
  }
  return [...found];
}

const early = await bundled([EARLY]);
const earlyName = outputOf(early.outputs, EARLY).name;
const apart = await Promise.all(
  Object.entries(APART).map(([entry, style]) => bundled(style ? [entry, style] : [entry])),
);
/** The names of the modules of their own, by how others import them. */
const ownNames = new Map([
  [`./${EARLY}`, earlyName],
  ...Object.keys(APART).map((entry, k) => [`./${entry}`, outputOf(apart[k].outputs, entry).name]),
]);
/** Has the other scripts import these as what they are. */
const modulesOfTheirOwn = {
  name: "modules of their own",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/\w+\.js$/ }, ({ path }) =>
      ownNames.has(path) ? { path: `./${ownNames.get(path)}`, external: true } : null,
    );
  },
};

const pages = {};
Object.entries(APART).forEach(([entry, style], k) => {
  const nameOf = (file) => file && outputOf(apart[k].outputs, file).name;
  pages[entry.replace(".js", "")] = { script: nameOf(entry), style: nameOf(style), preloads: [], early: null };
});
const files = [...early.files, ...apart.flatMap(({ files: own }) => own)];
for (const [page, hasStyle] of Object.entries(PAGES)) {
  const entries = [`${page}.js`, ...(hasStyle ? [`${page}.css`] : [])];
  const made = await bundled(entries, [modulesOfTheirOwn]);
  const script = outputOf(made.outputs, `${page}.js`);
  const isEarly = made.outputs.some(({ imports }) => imports.some(({ path }) => basename(path) === earlyName));
  pages[page] = {
    script: script.name,
    style: hasStyle ? outputOf(made.outputs, `${page}.css`).name : null,
    preloads: importsOf(made.outputs, script),
    early: isEarly ? earlyName : null,
  };
  files.push(...made.files);
}

mkdirSync(out, { recursive: true });
const sizes = {};

/** Writes a file and notes its size. */
function write(name, contents) {
  writeFileSync(join(out, name), contents);
  sizes[name] = contents.length;
}

const most = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };
for (const { name, contents } of files) {
  if (name in sizes) continue;
  write(name, contents);
  write(`${name}.br`, brotliCompressSync(contents, most));
  write(`${name}.gz`, gzipSync(contents, { level: 9 }));
}
writeFileSync(join(out, "manifest.json"), `${JSON.stringify({ pages, sizes }, null, 1)}\n`);
