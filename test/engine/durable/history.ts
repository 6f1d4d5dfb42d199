/** What must hold of the log of every run, however it came about (RECOVERY, proof obligation). */
import { expect } from "vitest";

import { resumeRun } from "../../../src/engine/durable/durable-run.ts";
import { ValueBytes } from "../../../src/engine/durable/value-bytes.ts";
import type { LoadedProgram } from "../../../src/engine/load/loaded.ts";
import type { RunResult } from "../../../src/engine/loop/run-options.ts";
import { Fault } from "../../../src/fault.ts";
import { ErrorValue } from "../../../src/lang/value.ts";
import { decodeEntry } from "../../../src/journal/entry/entry-codec.ts";
import type { Entry, EntryOf } from "../../../src/journal/entry/entry.ts";
import type { MemoryStore } from "../../../src/journal/memory-store.ts";
import type { Value } from "../../../src/wit/value.ts";
import { portsOf, VirtualClock } from "./crash.ts";

/** What a guest does with a call: its value, or it throws. `plugin-trapped` ends it, and leaves no trace. */
export type Guest = (fn: string, args: readonly Value[]) => Value;

export async function entriesOf(store: MemoryStore, run = "run"): Promise<readonly Entry[]> {
  return (await store.read(run, 1)).map(({ bytes }) => decodeEntry(bytes));
}

/** Played back from its beginning and from its last snapshot, a finished run gives the same result, and neither writes nor does nor waits for anything. */
export async function expectPlaysBack(store: MemoryStore, program: LoadedProgram, result: RunResult): Promise<void> {
  const before = await entriesOf(store);
  const options = { grants: { allowsCommand: () => false } };
  for (const fromStart of before.some(({ kind }) => kind === "SNAP") ? [true, false] : [false]) {
    const still = portsOf(new VirtualClock());
    expect(await resumeRun(store, program, "run", still, { ...options, fromStart })).toEqual(result);
    expect(await entriesOf(store)).toEqual(before);
  }
}

/** Every effect was asked for, answered and delivered once at most, and delivered after it was answered. */
export function expectOrder(entries: readonly Entry[]): void {
  const seen = new Set<string>();
  entries.forEach((entry, at) => {
    if (entry.kind !== "REQ" && entry.kind !== "ARM" && entry.kind !== "DONE" && entry.kind !== "DLV") return;
    const name = `${entry.kind} ${nameOf(entry)}`;
    expect(seen, `entry ${at + 1} again`).not.toContain(name);
    seen.add(name);
  });
  expect(entries[0]?.kind).toBe("START");
  const end = entries.findIndex(({ kind }) => kind === "END");
  expect(end).toBeGreaterThan(0);
  for (const { kind } of entries.slice(end + 1)) expect(["SIG", "NOTE"]).toContain(kind);
}

/** Calls entered their group one by one, and the answers of all are those of one guest that served them in that order. */
export function expectOneHistory(entries: readonly Entry[], { ir }: LoadedProgram, guest: Guest): void {
  const values = new ValueBytes(ir);
  const done = new Map(entries.flatMap((entry) => (entry.kind === "DONE" ? [[nameOf(entry), entry] as const] : [])));
  const calls = entries.filter((entry) => entry.kind === "CALL") as EntryOf<"CALL">[];
  // A call that was cut off is made again, and stands there again.
  const last = new Map(calls.map((call) => [nameOf(call), call]));
  for (const call of calls) {
    const answer = done.get(nameOf(call));
    if (last.get(nameOf(call)) !== call || answer === undefined) continue;
    const isNext = entries
      .slice(entries.indexOf(call) + 1, entries.indexOf(answer))
      .every(({ kind }) => kind !== "CALL");
    expect(isNext, "another call entered before this one had ended").toBe(true);
    expectAnswer(values, call, answer, guest);
  }
}

function expectAnswer(values: ValueBytes, call: EntryOf<"CALL">, answer: EntryOf<"DONE">, guest: Guest): void {
  const value = values.decode(answer.value as Uint8Array);
  try {
    const given = guest(call.function, values.decode(call.args as Uint8Array) as readonly Value[]);
    expect(value).toEqual(given);
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
    expect(value).toBeInstanceOf(ErrorValue);
    expect((value as ErrorValue).code).toBe(thrown.code);
    expect(answer.outcome === "fault").toBe(thrown.code === "plugin-trapped");
  }
}

export function nameOf({ eff, attempt }: { readonly eff: string; readonly attempt: number }): string {
  return `${eff} ${attempt}`;
}
