/** Runs that a store keeps: begun once, taken up as often as it takes (RECOVERY). */
import { Fault } from "../../fault.ts";
import { decodeEntry, encodeEntry } from "../../journal/entry-codec.ts";
import { Blob } from "../../journal/entry.ts";
import type { Entry, Payload } from "../../journal/entry.ts";
import type { Store } from "../../journal/store.ts";
import { irDigest } from "../../lang/ir/ir-codec.ts";
import type { Value } from "../../wit/value.ts";
import type { LoadedProgram } from "../loaded.ts";
import type { RunPorts } from "../ports.ts";
import type { RunOptions, RunResult } from "../run-options.ts";
import { execute } from "../run.ts";
import type { ChildStore } from "./child-store.ts";
import { Recorded } from "./recorded.ts";
import type { Numbered } from "./recorded.ts";
import { LARGE } from "./run-log.ts";
import type { LogPort } from "./log-port.ts";
import { ValueBytes } from "./value-bytes.ts";

export interface NewDurableRun {
  readonly id: string;
  /** For people. */
  readonly name: string;
  /** The program's text. */
  readonly source: string;
  readonly function: number;
  readonly args: readonly Value[];
  /** 32 bytes. */
  readonly seed: Uint8Array;
  readonly grants: readonly string[];
  /** Milliseconds since the epoch. */
  readonly created: number;
  /** The run that spawned it, and the effect by which. */
  readonly parent?: { readonly run: string; readonly effect: string };
}

/** Makes a run of a program, durably; false when there is one of that id. */
export async function beginRun(store: Store, program: LoadedProgram, run: NewDurableRun): Promise<boolean> {
  const ir = irDigest(program.ir);
  const start: Entry = {
    kind: "START",
    ir,
    program: new TextEncoder().encode(run.source),
    packages: packagesOf(program),
    function: run.function,
    args: new ValueBytes(program.ir).encode([...run.args]),
    seed: run.seed,
    created: run.created,
    parent: run.parent === undefined ? [] : [run.parent.run, run.parent.effect],
    grants: run.grants,
  };
  const { id, name, created } = run;
  return await store.create({ id, name, created, ir, queue: "", priority: 0, entries: [encodeEntry(start)] });
}

export type ResumeOptions = Pick<RunOptions, "grants" | "signal" | "stop" | "oneByOne">;

/**
 * Takes a run up where its log ends, and runs it to its end; one that has ended gives its result again.
 *
 * @throws {Fault} `unknown-run`, `diverged` when the program is not the one it began with, `store-lost`
 */
export async function resumeRun(
  store: Store,
  program: LoadedProgram,
  id: string,
  ports: RunPorts,
  options: ResumeOptions,
): Promise<RunResult> {
  await store.open(id);
  try {
    const entries = (from: number): Promise<readonly Numbered[]> => entriesOf(store, id, from);
    const known = await entries(1);
    const recorded = new Recorded(known);
    refuseOther(recorded, program);
    const port: LogPort = {
      append: (entries: readonly Uint8Array[], change?: Parameters<Store["append"]>[2]) =>
        store.append(id, entries, change),
      durable: () => store.durable(id),
      flushed: (upto: number) => store.flushed(id, upto),
      keep: (bytes: Uint8Array) => store.keep(id, bytes),
      lost: store.lost,
      entries,
      watch: (told: () => void) => store.watch((run) => void (run === id && told())),
    };
    const values = new ValueBytes(program.ir);
    const { seed, function: fn, args } = recorded.start;
    const given = values.decode(args as Uint8Array) as readonly Value[];
    const result = await execute(program, fn, given, ports, {
      ...options,
      id,
      seed,
      journal: { port, entries: known },
      children: childrenOf(store, program, id, recorded.start, ports, options),
    });
    if (recorded.end === null) await end(port, result, values);
    return result;
  } finally {
    await store.close(id).catch(() => {}); // a store that was lost has said so
  }
}

/** Resolves when the end is durable. */
async function end(port: LogPort, result: RunResult, values: ValueBytes): Promise<void> {
  const { state } = result;
  const bytes = values.encode(endOf(result));
  const value = bytes.length <= LARGE ? bytes : new Blob(port.keep(bytes), bytes.length);
  await port.flushed(port.append([encodeEntry({ kind: "END", ending: state, value })], { state, wake: null }));
}

function childrenOf(
  store: Store,
  program: LoadedProgram,
  parent: string,
  { seed, program: source, grants }: Recorded["start"],
  ports: RunPorts,
  options: ResumeOptions,
): ChildStore {
  return {
    create: async (id, effect, fn, args) => {
      const name = program.ir.functions[fn]?.name ?? "";
      const text = source instanceof Blob ? await store.blob(source.digest) : source;
      await beginRun(store, program, {
        id,
        name,
        source: new TextDecoder().decode(text),
        function: fn,
        args,
        seed,
        grants,
        created: Math.max(0, Math.floor(ports.clock.now())),
        parent: { run: parent, effect },
      });
    },
    run: async (id, signal, stop) =>
      (await endedOf(store, program, id)) ?? (await resumeRun(store, program, id, ports, { ...options, signal, stop })),
  };
}

/** How a run ended, without playing it back; null when it has not. */
async function endedOf(store: Store, program: LoadedProgram, id: string): Promise<RunResult | null> {
  const header = await store.header(id);
  if (header === undefined) return { state: "cancelled" };
  if (!ENDINGS.has(header.state)) return null;
  for (const { entry } of await entriesOf(store, id, header.durable)) {
    if (entry.kind !== "END" || entry.value instanceof Blob) continue;
    if (entry.ending === "cancelled") return { state: "cancelled" };
    const answer = new ValueBytes(program.ir).decodeAnswer(entry.ending === "done", entry.value);
    return answer.kind === "ok" ? { state: "done", value: answer.value } : { state: "failed", error: answer.error };
  }
  return null;
}

const ENDINGS: ReadonlySet<string> = new Set(["done", "failed", "cancelled"]);

function endOf(result: RunResult): Value {
  return result.state === "done" ? result.value : result.state === "failed" ? result.error : null;
}

function refuseOther({ start }: Recorded, program: LoadedProgram): void {
  const changed = changedSince(start, program);
  if (changed === null) return;
  throw new Fault("diverged", `This run began with another version of ${changed}`, {
    hint: "Resume it with what it began with, or start a new run.",
  });
}

function changedSince({ ir, packages }: Recorded["start"], program: LoadedProgram): string | null {
  if (ir !== irDigest(program.ir)) return "its program";
  const now = packagesOf(program);
  const other = packages.findIndex((text, at) => text !== now[at]);
  return other < 0 && packages.length === now.length ? null : (packages[other - (other % 2)] ?? "its packages");
}

function packagesOf({ packages }: LoadedProgram): readonly string[] {
  return packages.flatMap(({ name, plugin }) => [name, plugin.digest]);
}

/** What a run began with. @throws {Fault} `unknown-run`, `journal-invalid` */
export async function startOf(store: Pick<Store, "read" | "blob">, id: string): Promise<Recorded["start"]> {
  const [first] = await store.read(id, 1, 1);
  const entry = first === undefined ? undefined : decodeEntry(first.bytes);
  if (entry?.kind !== "START") throw new Fault("journal-invalid", `The log of ${id} has no beginning`);
  return { ...entry, program: await fetchedFrom(store, entry.program) };
}

async function fetchedFrom(store: Pick<Store, "blob">, payload: Payload): Promise<Payload> {
  return payload instanceof Blob ? await store.blob(payload.digest) : payload;
}

/** Everything durable of a run from a position on, with the values beside its log. */
async function entriesOf(store: Store, id: string, from: number): Promise<readonly Numbered[]> {
  const entries: Numbered[] = [];
  for (const { lsn, bytes } of await store.read(id, from)) {
    entries.push({ lsn, entry: await whole(store, decodeEntry(bytes)) });
  }
  return entries;
}

async function whole(store: Store, entry: Entry): Promise<Entry> {
  const fetched = async (payload: Payload): Promise<Payload> =>
    payload instanceof Blob ? await store.blob(payload.digest) : payload;
  switch (entry.kind) {
    case "DONE":
    case "SIG":
      return { ...entry, value: await fetched(entry.value) };
    case "REQ":
      return { ...entry, input: await fetched(entry.input) };
    case "CALL":
    case "START":
      return { ...entry, args: await fetched(entry.args) };
    default:
      return entry;
  }
}
