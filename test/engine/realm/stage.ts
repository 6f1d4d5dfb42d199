/** A program in workers that a test can kill, and everything that is seen of its runs. */
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { loadProgram } from "../../../src/engine/load/load.node.ts";
import type { LoadedProgram } from "../../../src/engine/load/loaded.ts";
import type { HostFunction } from "../../../src/engine/load/packages.node.ts";
import { nodePorts } from "../../../src/engine/platform/ports.node.ts";
import type { RunEvent, RunPorts } from "../../../src/engine/platform/ports.ts";
import { RunsElsewhere } from "../../../src/engine/realm/elsewhere.node.ts";
import { parcelIfPossible } from "../../../src/engine/realm/parcels.node.ts";
import { realmProgram } from "../../../src/engine/realm/program.ts";
import { RunRealm } from "../../../src/engine/realm/realm.node.ts";
import { startRunThread } from "../../../src/engine/realm/thread.node.ts";
import type { RunResult } from "../../../src/engine/loop/run-options.ts";
import { FLIGHT, newFlight } from "../../../src/host/keeper/flight.ts";
import type { KeptThread } from "../../../src/host/keeper/keeper.node.ts";
import type { Value } from "../../../src/wit/value.ts";
import { temporaryFolder } from "../../host/temporary.ts";

export const samples: string = fileURLToPath(new URL("../../../plugins/samples/", import.meta.url));

const LUA = "return { forever = function() while true do end end, one = function() return 1 end }";
const WIT = "world w { export forever: func(); export one: func() -> u32; }";
const toml = (name: string): string =>
  `[package]\nname = "acme:${name}"\nversion = "1.0.0"\nlanguage = "lua"\nsource = "it.lua"\nwit = "it.wit"\n`;

const SPIN = {
  "late/sennit.toml": `${toml("late")}[package.limits]\ndeadline = 100\n`,
  "late/it.wit": `package acme:late@1.0.0; ${WIT}`,
  "late/it.lua": LUA,
  "spin/sennit.toml": toml("spin"),
  "spin/it.wit": `package acme:spin@1.0.0; ${WIT}`,
  "spin/it.lua": LUA,
};

export interface Stage extends AsyncDisposable {
  readonly realms: readonly RunRealm[];
  readonly threads: readonly KeptThread[];
  readonly events: readonly RunEvent[];
  /** Its runs are in the workers. */
  readonly program: LoadedProgram;
  readonly ports: RunPorts;
  readonly run: (args?: readonly Value[], signal?: AbortSignal) => Promise<RunResult>;
  /** When so many events were seen. */
  readonly shown: (count: number) => Promise<void>;
}

export interface StageOptions {
  readonly start?: () => KeptThread;
  readonly functions?: Readonly<Record<string, HostFunction>>;
  readonly shell?: RunPorts["shell"];
  readonly fork?: RunPorts["fork"];
  /** `spin.forever()` never answers; `late.forever()` is stopped after a while. */
  readonly spins?: boolean;
  readonly follow?: (event: RunEvent, stage: { readonly threads: readonly KeptThread[] }) => void;
}

/** A program with its Lua counter. Its number in its worker is 1, that of its first run 2. */
export async function stage(source: string, options: StageOptions = {}): Promise<Stage> {
  const { start = () => startRunThread(Infinity), functions = {}, shell = null, fork = null } = options;
  await using folder = await temporaryFolder(SPIN);
  const spin = options.spins === true ? required(folder.path) : "";
  const loaded = await loadProgram({
    file: join(samples, "program.sennit"),
    text: `require "./counter-lua" as lua; ${spin} ${source}`,
    functions,
    wit: undefined,
    grants: ["run"],
    besideVm: false,
    warn: () => {},
  });
  if (!loaded.ok) throw new Error(loaded.diagnostics.map(({ title }) => title).join());
  const inside = loaded.opened.map(async ({ files, plugin }) =>
    files === null || !["component", "lua"].includes(plugin.manifest.language) ? null : await parcelIfPossible(files),
  );
  const parcels = await Promise.all(inside);
  const threads: KeptThread[] = [];
  const realms: RunRealm[] = [];
  const lease = async (): Promise<{ realm: RunRealm; release: () => Promise<void> }> => {
    // What the engine reads there is the test's to say, and not overwritten meanwhile.
    const thread: KeptThread = { ...start(), flight: newFlight() };
    threads.push(thread);
    const realm = new RunRealm(thread);
    realms.push(realm);
    return { realm, release: () => realm[Symbol.asyncDispose]() };
  };
  const elsewhere = new RunsElsewhere(realmProgram(loaded.program, parcels), lease, lease);
  const events: RunEvent[] = [];
  const follow = (event: RunEvent): void => {
    events.push(event);
    options.follow?.(event, { threads });
  };
  const ports = { ...nodePorts(samples, fork, follow), ...(shell === null ? {} : { shell }) };
  let runs = 0;
  return {
    realms,
    threads,
    events,
    program: { ...loaded.program, elsewhere },
    ports,
    run: (args = [], signal) =>
      elsewhere.run(0, args, ports, {
        id: `run ${runs++}`,
        seed: new Uint8Array(32),
        grants: { allowsCommand: () => true },
        signal,
      }),
    shown: (count) => expect.poll(() => events.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(count),
    [Symbol.asyncDispose]: async () => {
      await elsewhere[Symbol.asyncDispose]();
      await loaded.program[Symbol.asyncDispose]();
    },
  };
}

function required(folder: string): string {
  return ["spin", "late"].map((name) => `require "${relative(samples, join(folder, name))}" as ${name};`).join(" ");
}

/** Whose turn the thread says it was. */
export function blame(thread: KeptThread | undefined, run: number): void {
  if (thread !== undefined) Atomics.store(thread.flight, FLIGHT.run, run);
}

/** Kills a thread as if another run, which is over, had been the one to blame. */
export async function killInnocent(thread: KeptThread | undefined): Promise<void> {
  blame(thread, 1);
  await thread?.kill();
}
