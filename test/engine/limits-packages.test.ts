/** What the user says in `[limits]` holds of packages wherever they run, and can be caught by the workflow. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isLong } from "../long.ts";
import { run } from "../../src/engine/embedding/run-program.node.ts";
import { temporaryFolder, type TemporaryFolder } from "../host/temporary.ts";

const GUEST = `
[package]
name = "acme:guest"
version = "1.0.0"
language = "lua"
source = "guest.lua"
wit = "guest.wit"
on-failure = "fresh"
wants = ["log"]
[package.limits]
memory = "2 MiB"
`;

const WIT = `package acme:guest@1.0.0;
world w {
  export texts: func(count: u32) -> list<string>;
  export hold: func(bytes: u32) -> u32;
  export forever: func();
  export say: func(count: u32);
  export fail: func();
}`;

const LUA = `return {
  texts = function(count) local list = {}; for i = 1, count do list[i] = "a" end; return list end,
  hold = function(bytes) return #string.rep("a", bytes) end,
  forever = function() while true do end end,
  say = function(count) for i = 1, count do print("0123456789") end end,
  fail = function() error("no") end,
}`;

async function project(level: string, limits: string): Promise<TemporaryFolder> {
  return temporaryFolder({
    "guest/sennit.toml": GUEST,
    "guest/guest.wit": WIT,
    "guest/guest.lua": LUA,
    "sennit.toml": `[dependencies]
"acme:guest" = { path = "guest" }
[grants]
"acme:guest" = ["log"]
[policy]
isolation = { default = "${level}" }
[limits]
${limits}`,
  });
}

async function shown(folder: TemporaryFolder, source: string): Promise<readonly string[]> {
  const lines: string[] = [];
  await run(`require "acme:guest" as guest; ${source}`, {
    file: join(folder.path, "main.sennit"),
    onPrint: () => {},
    onEvent: (event) => {
      if (event.kind === "print" || event.kind === "log") lines.push(event.text);
    },
  });
  return lines;
}

const LEVELS = isLong("limits of packages at L2", "a process behaves as a thread does, which is tried")
  ? ["L0", "L1", "L2"]
  : ["L0", "L1"];

describe.each(LEVELS)("at %s", { timeout: 60_000 }, (level) => {
  it("an answer has so many nodes, and the next call a fresh instance", async () => {
    await using folder = await project(level, '"acme:guest" = { result-nodes = 300 }');
    const source = `print len(guest.texts(300));
      try { guest.texts(301); } catch (e) { print e.code; print e.message; print e.source; }
      print len(guest.texts(1));`;

    expect(await shown(folder, source)).toEqual([
      "300",
      "value-too-large",
      expect.stringMatching(/acme:guest gave has more than 300 nodes.* `"acme:guest" = \{ result-nodes = … \}`/),
      "acme:guest",
      "1",
    ]);
  });

  it("memory is what the manifest says, unless the user raises it", async () => {
    const source = "try { print guest.hold(8000000); } catch (e) { print e.code; print e.message; }";
    await using low = await project(level, 'default = { deadline = "20s" }');
    await using high = await project(level, '"acme:guest" = { memory = "64 MiB" }');

    expect(await shown(low, source)).toEqual([
      "memory-limit",
      expect.stringMatching(
        /^acme:guest failed in hold: not enough memory, of which it has 2 MiB.*`"acme:guest" = \{ memory = … \}`/,
      ),
    ]);
    expect(await shown(high, source)).toEqual(["8000000"]);
  });

  it("a deadline that the user sets ends an endless loop, and nothing else", async () => {
    await using folder = await project(level, 'default = { deadline = "300ms" }');
    const source = `try { guest.forever(); } catch (e) { print e.code; print e.message; }
      print guest.hold(3);`;

    expect(await shown(folder, source)).toEqual([
      "deadline-exceeded",
      expect.stringMatching(/300 ms.*`"acme:guest" = \{ deadline = … \}`/),
      "3",
    ]);
  });

  it("instances are replaced so often and no more", async () => {
    await using folder = await project(level, '"acme:guest" = { instances = 3 }');
    const source = "for i in range(5) { try { guest.fail(); } catch (e) { print e.code; } }";

    expect(await shown(folder, source)).toEqual([
      "plugin-trapped",
      "plugin-trapped",
      "plugin-trapped",
      "limit-exceeded",
      "limit-exceeded",
    ]);
  });

  it("lines are shown up to a limit", async () => {
    await using folder = await project(level, '"acme:guest" = { log = 200 }');

    expect(await shown(folder, 'guest.say(50); guest.say(50); print guest.hold(1); print "end";')).toEqual([
      ...Array(7).fill("0123456789"),
      expect.stringMatching(/^acme:guest has logged more than the 200 bytes/),
      "1",
      "end",
    ]);
  });
});

it("limits of a run come from the project, too", async () => {
  await using folder = await project("L0", "run = { children = 1 }");
  const source = "workflow w() { sleep(1h); } spawn w(); spawn w();";

  await expect(shown(folder, source)).rejects.toMatchObject({ code: "limit-exceeded" });
});
