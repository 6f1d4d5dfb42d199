/** Two programs one after the other, in the same process: what the first one's packages left must not show in the second. */
import { join } from "node:path";

import { load } from "../../src/engine/embedding/run-program.node.ts";
import { temporaryFolder } from "../host/temporary.ts";
import { contained, type Attack, type Ending } from "./attack.ts";
import { ATTEMPT } from "./guests.ts";
import type { Stage } from "./stage.ts";

const project = (level: string): Readonly<Record<string, string>> => ({
  "sennit.toml": `[dependencies]\n"acme:guest" = { path = "guest" }\n[policy]\nisolation = { default = "${level}" }\n`,
  "guest/sennit.toml": `[package]\nname = "acme:guest"\nversion = "1.0.0"\nlanguage = "lua"\nsource = "main.lua"\nwit = "world.wit"\n`,
  "guest/world.wit": `package acme:guest@1.0.0; world w { export ${ATTEMPT}: func(code: string) -> string; }`,
  "guest/main.lua": `return { ${ATTEMPT} = function(code)
    local ok, said = pcall(assert(load(code)))
    return tostring(said)
  end }`,
});

const SOURCE = `param code: String; require "acme:guest" as guest; guest.${ATTEMPT}(code);`;

function leaves(what: string, tries: string, left: string, looks: string, ends: Ending): Attack {
  return {
    id: `domain/${what}`,
    language: "program",
    tries,
    ends,
    levels: ["L0", "L1"],
    long: ["L2"],
    plays: (stage) => play(stage, left, looks),
  };
}

/** The same program again, a program of another domain while the first is still open, and one after it was closed. */
async function play(stage: Stage, left: string, looks: string): Promise<string> {
  await using mine = await temporaryFolder(project(stage.level));
  await using theirs = await temporaryFolder(project(stage.level));
  const open = (folder: string, grants: readonly string[]): ReturnType<typeof load> =>
    load(SOURCE, { file: join(folder, "program.sennit"), grants: [...grants] });
  const said: string[] = [];
  {
    await using first = await open(mine.path, []);
    await first.run({ params: { code: left } });
    said.push(String(await first.run({ params: { code: looks } })));
    await using other = await open(theirs.path, ["fs:data"]);
    said.push(String(await other.run({ params: { code: looks } })));
  }
  await using later = await open(theirs.path, ["fs:data"]);
  said.push(String(await later.run({ params: { code: looks } })));
  return stage.say(said.join());
}

/** A program that does no harm, so that what runs programs at the level has been started once. */
export async function goodProgram(stage: Stage): Promise<void> {
  await play(stage, "return 1", "return 42");
}

export const DOMAINS: readonly Attack[] = [
  leaves(
    "globals",
    "leaves a secret in globals, libraries and the metatable of texts, for the next run and for other programs",
    `left = "secret" string.left = "secret" getmetatable("").left = "secret" require("sennit").left = "secret"`,
    `return left or string.left or getmetatable("").left or require("sennit").left`,
    contained(/^nil,nil,nil$/),
  ),
  leaves(
    "modules",
    "leaves a module for the next run and for other programs",
    `package = { loaded = { mine = "secret" } }`,
    `return select(2, pcall(require, "mine")) == "secret"`,
    contained(/^false,false,false$/),
  ),
  leaves(
    "memory",
    "fills its memory with a secret, to be found in what was not cleared",
    `kept = {} for n = 1, 20 do kept[n] = ("left-secret "):rep(100000) end`,
    `local t = {} for n = 1, 20 do t[n] = string.pack("!4 i4", n) end return table.concat(t):find("left") == nil`,
    contained(/^true,true,true$/),
  ),
];
