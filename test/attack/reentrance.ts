/** Calls that come back to where they began: by callbacks, by packages that import each other. */
import { writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

import { run } from "../../src/engine/embedding/run-program.node.ts";
import { temporaryFolder } from "../host/temporary.ts";
import { contained, type Attack, type Ending } from "./attack.ts";
import type { Stage } from "./stage.ts";

const SAMPLES = fileURLToPath(new URL("../../plugins/samples/", import.meta.url));

/** A package whose `again` calls that of the other one. */
const lua = (own: string, other: string): Readonly<Record<string, string>> => ({
  [`${own}/sennit.toml`]: `[package]\nname = "acme:${own}"\nversion = "1.0.0"\nlanguage = "lua"\nsource = "main.lua"\nwit = "wit"\n`,
  [`${own}/wit/world.wit`]: `package acme:${own}@1.0.0;
    interface api { again: func(n: u32) -> u32; }
    world w { import acme:${other}/api@1.0.0; export api; }`,
  [`${own}/wit/deps/${other}/world.wit`]: `package acme:${other}@1.0.0; interface api { again: func(n: u32) -> u32; }`,
  [`${own}/main.lua`]: `local other = require "acme:${other}/api"
    return { api = { again = function(n) if n == 0 then return 42 end return other.again(n - 1) end } }`,
});

function reentrant(what: string, tries: string, ends: Ending, source: string): Attack {
  return {
    id: `re-entrance/${what}`,
    language: "program",
    tries,
    ends,
    levels: ["L0", "L1"],
    long: ["L2"],
    plays: (stage) => play(stage, source),
  };
}

async function play(stage: Stage, source: string): Promise<string> {
  await using folder = await temporaryFolder({ ...lua("one", "two"), ...lua("two", "one") });
  const rust = relative(folder.path, join(SAMPLES, "callback-rust"));
  await writeFile(
    join(folder.path, "sennit.toml"),
    `[dependencies]\n"sample:apply" = { path = "${rust}" }\n"acme:one" = { path = "one" }\n"acme:two" = { path = "two" }\n[policy]\ntrust = ["sample:apply"]\nisolation = { default = "${stage.level}" }\n`,
  );
  const lines: string[] = [];
  const options = { file: join(folder.path, "program.sennit"), onPrint: (line: string): void => void lines.push(line) };
  try {
    await run(source, options);
  } catch (thrown) {
    lines.push(`fails ${String(thrown)}`);
  }
  return stage.say(lines.join("; "));
}

export const REENTRANCE: readonly Attack[] = [
  reentrant(
    "callback",
    "enters a component again out of a function that it was lent",
    contained(/^re-entrant; \[0, 2, 4\]$/),
    `require "sample:apply" as calls;
      try { print calls.apply(|i| calls.apply(|j| j, 2), 2); } catch (e) { print e.value.code; }
      print calls.apply(|i| i * 2, 3);`,
  ),
  reentrant(
    "cycle",
    "has two packages that import each other",
    contained(/^fails .*import each other in a circle/),
    `require "acme:one" as one;
      print one.api.again(0);
      try { print one.api.again(5); } catch (e) { print e.code; }`,
  ),
];
