/**
 * Writes src/lang/data/tables/case.ts from the npm package `@unicode/unicode-15.1.0`, which need not be installed here:
 *
 *   node scripts/make-case-table.js <folder of the package>
 */
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const folder = resolve(process.argv[2] ?? "node_modules/@unicode/unicode-15.1.0");

async function load(path) {
  return (await import(pathToFileURL(`${folder}/${path}/code-points.mjs`).href)).default;
}

/** Runs of code points at equal distances that move by the same amount: `start count step delta`, in base 36. */
function runs(mapping) {
  const found = [];
  for (const [from, to] of [...mapping].sort((x, y) => x[0] - y[0])) {
    const target = typeof to === "number" ? to : to[0];
    const last = found.at(-1);
    const delta = target - from;
    const step = last === undefined ? 0 : from - (last.start + (last.count - 1) * last.step);
    const fits = last?.delta === delta && step <= 2 && (last.count === 1 || step === last.step);
    if (fits) Object.assign(last, { count: last.count + 1, step });
    else found.push({ start: from, count: 1, step: 1, delta });
  }
  return found.map((run) => [run.start, run.count, run.step, run.delta].map((n) => n.toString(36)).join(" ")).join(",");
}

function special(mapping) {
  const entries = [...mapping].filter(([, to]) => to.length > 1);
  return entries.map(([from, to]) => [from, ...to].map((n) => n.toString(36)).join(" ")).join(",");
}

/** Ranges `start length`. */
function ranges(points) {
  const found = [];
  for (const point of [...points].sort((x, y) => x - y)) {
    const last = found.at(-1);
    if (last !== undefined && last.start + last.length === point) last.length++;
    else found.push({ start: point, length: 1 });
  }
  return found.map((range) => `${range.start.toString(36)} ${range.length.toString(36)}`).join(",");
}

function quoted(text) {
  const lines = text.match(/.{1,110}(,|$)/g) ?? [];
  return lines.map((line) => `  "${line}"`).join(" +\n");
}

const tables = {
  UPPER: ["Runs of code points with one upper-case form", runs(await load("Simple_Case_Mapping/Uppercase"))],
  LOWER: ["The same for lower case", runs(await load("Simple_Case_Mapping/Lowercase"))],
  UPPER_SPECIAL: ["Code points whose upper-case form is several", special(await load("Special_Casing/Uppercase"))],
  LOWER_SPECIAL: ["The same for lower case", special(await load("Special_Casing/Lowercase"))],
  CASED: ["Ranges of letters that have case", ranges(await load("Binary_Property/Cased"))],
  CASE_IGNORABLE: ["Ranges of what does not separate letters", ranges(await load("Binary_Property/Case_Ignorable"))],
};

const parts = Object.entries(tables).map(
  ([name, [doc, text]]) => `/** ${doc}. */\nexport const ${name}: string =\n${quoted(text)};\n`,
);
const header =
  "/**\n * Case mapping of Unicode 15.1 (rule 13), in base 36. Written by scripts/make-case-table.js; do not edit.\n" +
  " * Runs are `start count step delta`, special forms `code forms…`, ranges `start length`.\n */\n\n";
await writeFile("src/lang/data/tables/case.ts", header + parts.join("\n"));
