/** Runs whose history is looked into: a program with its source, and a store that kept what it did. */
import { hash } from "node:crypto";

import { beginRun, resumeRun } from "../../../src/engine/durable/durable-run.ts";
import type { Taken } from "../../../src/engine/durable/durable-run.ts";
import { sendSignal } from "../../../src/engine/durable/effects/send.ts";
import type { Readable } from "../../../src/engine/history/typed.ts";
import type { Manifest } from "../../../src/host/manifest.ts";
import type { Instance } from "../../../src/host/plugin.ts";
import type { PackageUse } from "../../../src/lang/typed.ts";
import { checkProgram } from "../../../src/lang/check/check.ts";
import { Source } from "../../../src/lang/source.ts";
import { MemoryStore } from "../../../src/journal/memory-store.ts";
import type { AnyValue } from "../../../src/wit/any.ts";
import type { WitFunction } from "../../../src/wit/types.ts";
import type { Value } from "../../../src/wit/value.ts";
import { nothing } from "../../lang/vm/run-program.ts";
import { PassingClock, portsOf } from "../durable/crash.ts";
import { directInstance, stubProgram } from "../stub-program.ts";

export const sha256 = (bytes: Uint8Array): Uint8Array => hash("sha256", bytes, "buffer");

export interface Stub {
  readonly functions: readonly WitFunction[];
  readonly instance: () => Instance;
  readonly manifest?: Partial<Manifest>;
}

const NONE: Stub = { functions: [], instance: () => directInstance(() => null) };

/** A program over one stub, with what its history needs. */
export function readable(text: string, stub: Stub = NONE): Readable {
  const functions = new Map(stub.functions.map((fn) => [fn.name, fn]));
  const { program: checked, diagnostics } = checkProgram(new Source("test.sennit", text), { ...nothing, functions });
  if (checked === null) throw new Error(diagnostics.map(({ title }) => title).join("\n"));
  const program = stubProgram(text, stub.functions, stub.instance, { manifest: stub.manifest ?? {} });
  const use: PackageUse | undefined = checked.packages[0];
  const packages = program.packages.map((pack) => ({ ...pack, use: use ?? null }));
  return { program: { ...program, packages }, checked };
}

export interface Play {
  readonly id?: string;
  readonly args?: readonly Value[];
  readonly signals?: readonly { readonly name: string; readonly value: AnyValue }[];
}

/** Runs it to its end in a store, with time that passes by itself. */
export async function played(
  { program }: Readable,
  text: string,
  { id = "run", args = [], signals = [] }: Play = {},
): Promise<{ readonly store: MemoryStore; readonly result: Taken }> {
  let time = 1_000_000;
  const store = new MemoryStore({ hash: sha256, now: () => (time += 10) });
  await beginRun(store, program, {
    id,
    name: "test.sennit",
    source: text,
    function: 0,
    args,
    seed: new Uint8Array(32),
    grants: [],
    created: 1_000_000,
  });
  await sendAll(store, id, signals);
  return { store, result: await taken(store, program, id) };
}

export async function taken(store: MemoryStore, program: Readable["program"], id: string): Promise<Taken> {
  const clock = new PassingClock();
  return await resumeRun(store, program, id, portsOf(clock), { grants: { allowsCommand: () => false } });
}

/** One after the other. */
export async function sendAll(store: MemoryStore, id: string, signals: NonNullable<Play["signals"]>): Promise<void> {
  for (const [at, { name, value }] of signals.entries()) await sendSignal(store, id, { name, value, sender: `${at}` });
}
