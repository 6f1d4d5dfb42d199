/** Sessions played on Wasmtime, where this machine has it: through its Python package and a driver of ours. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { functionOf, type World } from "../../../src/wit/types.ts";
import type { Value } from "../../../src/wit/value.ts";
import type { Session } from "./harness.ts";
import { fromPlain, toPlain, type Plain } from "./plain.ts";

export const SKIPPED = "skipped: wasmtime not found, install with pip install wasmtime";

/** What happened there. A trap ends the session. */
export type There =
  | { readonly import: string; readonly args: readonly Value[] }
  | { readonly call: string; readonly value: Value }
  | { readonly call: string; readonly trap: string }
  | { readonly call: string; readonly inexpressible: string };

export interface Work {
  readonly world: World;
  readonly bytes: Uint8Array;
  readonly sessions: readonly Session[];
}

/** What became of one component: its sessions, or why Wasmtime or its binding does not take it. */
export type Done = { readonly sessions: readonly (readonly There[])[] } | { readonly refused: string };

export interface Report {
  readonly version: string;
  readonly components: readonly Done[];
}

/** The Python that has the package; undefined when there is none. `SENNIT_PYTHON` names another than the one on PATH. */
export function pythonWithWasmtime(): string | undefined {
  const named = process.env["SENNIT_PYTHON"];
  const found = [...(named === undefined ? [] : [named]), "python3", "python"];
  return found.find((each) => spawnSync(each, ["-c", HAS_WASMTIME], { timeout: 20_000 }).status === 0);
}

/** The driver knows how the binding of this version sees components. */
const HAS_WASMTIME =
  "import wasmtime.component, importlib.metadata as m; assert int(m.version('wasmtime').split('.')[0]) >= 50";

const DRIVER = fileURLToPath(new URL("wasmtime-driver.py", import.meta.url));

export function playThere(python: string, work: readonly Work[]): Report {
  const folder = mkdtempSync(join(tmpdir(), "sennit-wasmtime-"));
  try {
    const job = join(folder, "job.json");
    writeFileSync(job, JSON.stringify({ components: work.map(jobOf) }));
    const { status, stdout, stderr } = spawnSync(python, [DRIVER, job], { encoding: "utf8", maxBuffer: 2 ** 28 });
    if (status !== 0) throw new Error(`The driver failed with ${status}: ${stderr}`);
    const report = JSON.parse(stdout) as { version: string; components: (PlainDone | { refused: string })[] };
    return { version: report.version, components: report.components.map((each, at) => doneOf(each, work[at] as Work)) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface PlainDone {
  readonly sessions: readonly (readonly PlainEvent[])[];
}

type PlainEvent =
  | { readonly import: string; readonly args: readonly Plain[] }
  | { readonly call: string; readonly value: Plain }
  | { readonly call: string; readonly trap: string }
  | { readonly call: string; readonly inexpressible: string };

function jobOf({ world, bytes, sessions }: Work): object {
  return {
    wasm: Buffer.from(bytes).toString("base64"),
    sessions: sessions.map(({ calls, answers = {} }) => ({
      calls: calls.map(({ key, args = [] }) => ({ key, args: plainArguments(world, key, args) })),
      answers: Object.fromEntries(
        Object.entries(answers).map(([key, values]) => [key, values.map((each) => plainAnswer(world, key, each))]),
      ),
    })),
  };
}

function plainArguments(world: World, key: string, args: readonly Value[]): readonly Plain[] {
  const params = functionOf(world.exports, key)?.params ?? [];
  return params.map(({ type }, at) => toPlain(type, args[at] ?? null));
}

function plainAnswer(world: World, key: string, value: Value): Plain {
  const type = functionOf(world.imports, key)?.result ?? null;
  return type === null ? null : toPlain(type, value);
}

function doneOf(done: PlainDone | { refused: string }, { world }: Work): Done {
  if ("refused" in done) return done;
  return { sessions: done.sessions.map((events) => events.map((each) => eventOf(each, world))) };
}

function eventOf(event: PlainEvent, world: World): There {
  if ("import" in event) {
    const params = functionOf(world.imports, event.import)?.params ?? [];
    return { import: event.import, args: params.map(({ type }, at) => fromPlain(type, event.args[at] ?? null)) };
  }
  if (!("value" in event)) return event;
  const type = functionOf(world.exports, event.call)?.result ?? null;
  return { call: event.call, value: type === null ? null : fromPlain(type, event.value) };
}
