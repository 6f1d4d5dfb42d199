/** `sennit:host/progress`: a guest of any language says how far it has come, and whoever follows the run sees it. */
import { expect, it } from "vitest";

import { run } from "../../src/engine/embedding/run-program.node.ts";
import type { ReportProgress } from "../../src/host/plugin.ts";
import { openPython } from "./python-opened.ts";
import { pluginFromText, start } from "./component-fixtures.ts";
import { lua, settings } from "./lua-package.ts";
import { pythonPackage, surroundings } from "./python-package.ts";
import { temporaryFolder } from "./temporary.ts";

const WORLD = "world w { import sennit:host/progress@0.1.0; export work: func(); }";

/** Reports 3 of 6 with a text, then 4 of an unknown total without. */
const COMPONENT = `(component
  (import "sennit:host/progress@0.1.0" (instance $progress
    (export "report" (func (param "done" u64) (param "total" (option u64)) (param "text" string)))))
  (alias export $progress "report" (func $report))
  (core module $memory (memory (export "memory") 1) (data (i32.const 8) "halfway"))
  (core instance $memory (instantiate $memory))
  (alias core export $memory "memory" (core memory $mem))
  (core func $report (canon lower (func $report) (memory $mem)))
  (core module $worker
    (import "host" "report" (func $report (param i64 i32 i64 i32 i32)))
    (func (export "work")
      (call $report (i64.const 3) (i32.const 1) (i64.const 6) (i32.const 8) (i32.const 7))
      (call $report (i64.const 4) (i32.const 0) (i64.const 0) (i32.const 0) (i32.const 0))))
  (core instance $i (instantiate $worker (with "host" (instance (export "report" (func $report))))))
  (func (export "work") (canon lift (core func $i "work"))))`;

const LUA = `local progress = require "sennit:host/progress"
return { work = function() progress.report(3, 6, "halfway") progress.report(4, nil, "") end }`;

const PYTHON = `import wit_world
from wit_world.imports import progress
class WitWorld(wit_world.WitWorld):
    def work(self):
        progress.report(3, 6, "halfway")
        progress.report(4, None, "")
`;

const REPORTS = [
  [3, 6, "halfway"],
  [4, null, null],
];

function collector(): { readonly seen: unknown[]; readonly progress: ReportProgress } {
  const seen: unknown[] = [];
  return { seen, progress: (...report) => void seen.push(report) };
}

it("a component reports it", async () => {
  const { seen, progress } = collector();
  await using plugin = await pluginFromText(COMPONENT);
  await using instance = await start(plugin, {}, { progress });
  await instance.call("work", []);
  expect(seen).toEqual(REPORTS);

  await using unseen = await start(plugin);
  expect(await unseen.call("work", [])).toBe(null);
});

it("Lua reports it", async () => {
  const { seen, progress } = collector();
  await using plugin = await lua(WORLD, LUA);
  await using instance = await plugin.instantiate(settings({ progress }));
  await instance.call("work", []);
  expect(seen).toEqual(REPORTS);
});

it("Python reports it", { timeout: 60_000 }, async () => {
  const { seen, progress } = collector();
  const files = { "app.py": PYTHON, "world.wit": `package test:plugin;\n${WORLD}` };
  await using plugin = await openPython(pythonPackage(files));
  await using instance = await plugin.instantiate(surroundings({}, { progress }));
  await instance.call("work", []);
  expect(seen).toEqual(REPORTS);
});

it("a run shows it to whoever follows it", async () => {
  await using folder = await temporaryFolder({
    "worker/sennit.toml": `[package]\nname = "acme:worker"\nversion = "1.0.0"\nlanguage = "lua"\nsource = "worker.lua"\nwit = "worker.wit"\n`,
    "worker/worker.lua": LUA,
    "worker/worker.wit": `package acme:worker@1.0.0;\n${WORLD}`,
  });
  const events: unknown[] = [];
  await run(`require "./worker" as worker; worker.work();`, {
    file: `${folder.path}/program.sennit`,
    onEvent: (event) => void events.push(event),
  });
  expect(events).toEqual([
    { kind: "progress", done: 3, total: 6, text: "halfway" },
    { kind: "progress", done: 4, total: null, text: null },
  ]);
});
