/** What must hold of every run of a `World`, whatever happened to it (RECOVERY, proof obligation). */
import { expect } from "vitest";

import { keyOfEffect } from "../../../src/engine/durable/calls/outside.ts";
import { resumeRun } from "../../../src/engine/durable/durable-run.ts";
import { ValueBytes } from "../../../src/engine/durable/value-bytes.ts";
import type { LoadedProgram } from "../../../src/engine/load/loaded.ts";
import type { RunResult } from "../../../src/engine/loop/run-options.ts";
import { Fault } from "../../../src/fault.ts";
import { ErrorValue } from "../../../src/lang/value.ts";
import { decodeEntry } from "../../../src/journal/entry/entry-codec.ts";
import type { Entry, EntryOf } from "../../../src/journal/entry/entry.ts";
import type { Value } from "../../../src/wit/value.ts";
import { portsOf, VirtualClock } from "../durable/crash.ts";
import { expectOrder, nameOf } from "../durable/history.ts";
import { countOf, remember, tell } from "./guests.ts";
import { RUN } from "./world.ts";
import type { World } from "./world.ts";

export type Logs = ReadonlyMap<string, readonly Entry[]>;

export async function logsOf(world: World): Promise<Logs> {
  const logs = await world.logs();
  return new Map([...logs].map(([id, log]) => [id, log.map(decodeEntry)]));
}

/** All of it, of the run and of those that it spawned. */
export async function expectSound(world: World, result: RunResult, text: string): Promise<Logs> {
  const logs = await logsOf(world);
  const program = world.program();
  await expectKept(world);
  for (const entries of logs.values()) {
    expectOrder(entries);
    expectOnce(entries, text.includes("retry"));
    expectRemembered(entries, new ValueBytes(program.ir));
  }
  expectOutside(world, logs, new ValueBytes(program.ir));
  expectSignals(world, logs.get(RUN) ?? []);
  expectMemories(world, logs.get(RUN) ?? [], new ValueBytes(program.ir));
  await expectAgain(world, program, result);
  return logs;
}

/** What was durable when a life ended is the beginning of what is there now. */
async function expectKept(world: World): Promise<void> {
  const now = await world.logs();
  for (const before of world.kept) {
    for (const [id, log] of before) expect(now.get(id)?.slice(0, log.length), `the log of ${id}`).toEqual(log);
  }
}

/** Everything is shown once, unless it is `retry`ed, and taken once. */
function expectOnce(entries: readonly Entry[], isRetried: boolean): void {
  const seen = new Set<string>();
  const once = (name: string): void => {
    expect(seen, name).not.toContain(name);
    seen.add(name);
  };
  for (const entry of entries) {
    if (entry.kind === "OUT" && !isRetried) once(`OUT ${entry.eff}`);
    if (entry.kind === "SIG") once(`SIG ${entry.sender}`);
    if (entry.kind === "DLV" && entry.signal > 0) once(`signal ${entry.signal}`);
    if (entry.kind === "CB" || entry.kind === "CBRET") once(`${entry.kind} ${nameOf(entry)} ${entry.n}`);
  }
}

/** Nothing was done outside, and no child made, before what asked for it was durable; no more often than it was asked for. */
function expectOutside({ outside, born }: World, logs: Logs, values: ValueBytes): void {
  const asked = new Map<string, { readonly run: string; readonly lsn: number; times: number }>();
  for (const [run, entries] of logs) {
    entries.forEach((entry, at) => {
      if (entry.kind !== "REQ") return;
      const key = keyOfEffect(run, entry.eff);
      const before = asked.get(key);
      if (before === undefined) asked.set(key, { run, lsn: at + 1, times: 1 });
      else before.times += 1;
    });
    for (const { eff, value, outcome } of entries.filter((entry) => entry.kind === "DONE")) {
      const paid = outside.paid.get(keyOfEffect(run, eff));
      if (outcome === "ok" && paid !== undefined) expect(values.decode(value as Uint8Array)).toBe(paid);
    }
  }
  for (const { key, durable } of outside.orders) {
    const request = asked.get(key);
    expect(request, "done without being asked for").toBeDefined();
    expect(durable.get(request?.run ?? "") ?? 0, "done before it was durable").toBeGreaterThanOrEqual(
      request?.lsn ?? Infinity,
    );
  }
  const shipped = Map.groupBy(
    outside.orders.filter(({ fn }) => fn === "ship"),
    ({ key }) => key,
  );
  for (const [key, orders] of shipped) expect(orders.length).toBeLessThanOrEqual(asked.get(key)?.times ?? 0);
  for (const [id, durable] of born) {
    if (id === RUN) continue;
    const [, eff = ""] = id.split(".");
    const request = asked.get(keyOfEffect(RUN, eff));
    expect(durable.get(RUN) ?? 0, "spawned before it was durable").toBeGreaterThanOrEqual(request?.lsn ?? Infinity);
  }
}

/** A sender that was told so finds its signal there. */
function expectSignals({ acknowledged }: World, entries: readonly Entry[]): void {
  const there = new Set(entries.flatMap((entry) => (entry.kind === "SIG" ? [entry.sender] : [])));
  for (const sender of acknowledged) expect(there).toContain(sender);
}

interface Remembered {
  readonly total: number;
  /** A call is in there whose end is not recorded. */
  readonly isOpen: boolean;
}

/** The calls into each group entered one by one, and every answer is that of one guest that served them in this order. */
function expectRemembered(entries: readonly Entry[], values: ValueBytes): ReadonlyMap<number, Remembered> {
  const calls = entries.flatMap((entry, at) => (entry.kind === "CALL" ? [{ entry, at }] : []));
  const done = new Map(
    entries.flatMap((entry, at) => (entry.kind === "DONE" ? [[nameOf(entry), { entry, at }] as const] : [])),
  );
  const found = new Map<number, Remembered>();
  for (const [group, own] of Map.groupBy(calls, ({ entry }) => entry.group)) {
    let [total, isOpen] = [0, false];
    expect(own.map(({ entry }) => entry.seq)).toEqual(own.map((_, at) => at + 1));
    const last = new Map(own.map((call) => [nameOf(call.entry), call]));
    for (const call of last.values()) {
      const end = done.get(nameOf(call.entry));
      expect(isOpen, "another call entered before this one had ended").toBe(false);
      if (end === undefined) {
        // One that was cut off is made again, perhaps by another name.
        isOpen = !entries.slice(call.at).some(({ kind }) => kind === "NOTE");
        continue;
      }
      const inside = own.filter(({ at }) => at > call.at && at < end.at);
      expect(inside, "another call entered before this one had ended").toEqual([]);
      total = expectCall(call.entry, end.entry, total, entries, values);
    }
    found.set(group, { total, isOpen });
  }
  return found;
}

function expectCall(
  call: EntryOf<"CALL">,
  { outcome, value }: EntryOf<"DONE">,
  total: number,
  entries: readonly Entry[],
  values: ValueBytes,
): number {
  const given = values.decode(value as Uint8Array);
  if (outcome === "fault") return total;
  const args = values.decode(call.args as Uint8Array) as readonly Value[];
  const numbers = call.function === "add" ? [Number(args[0])] : heardOf(call, Number(args[0]), entries, values);
  const next = remember(total, numbers);
  try {
    const told = tell(next);
    if (outcome !== "abandoned") expect(given).toBe(told);
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
    if (outcome !== "abandoned") expect((given as ErrorValue).code).toBe(thrown.code);
  }
  return next;
}

/** What a guest heard when it called back. */
function heardOf(
  call: EntryOf<"CALL">,
  count: number,
  entries: readonly Entry[],
  values: ValueBytes,
): readonly number[] {
  const returned = new Map(
    entries.flatMap((entry) =>
      entry.kind === "CBRET" && nameOf(entry) === nameOf(call) ? [[entry.n, entry] as const] : [],
    ),
  );
  return Array.from({ length: count }, (_, n) => {
    const entry = returned.get(n);
    if (entry === undefined) return countOf({ code: "cancelled" });
    const value = values.decode(entry.value as Uint8Array);
    return value instanceof ErrorValue ? countOf(value) : Number(value);
  });
}

/** The instances of the last life remember what the log says, if they were called at all. */
function expectMemories({ memories }: World, entries: readonly Entry[], values: ValueBytes): void {
  const recorded = expectRemembered(entries, values);
  const packages = new Map(entries.flatMap((entry) => (entry.kind === "CALL" ? [[entry.package, entry.group]] : [])));
  ["near", "far"].forEach((name, pack) => {
    const memory = memories.get(name);
    const expected = recorded.get(packages.get(pack) ?? -1);
    if (memory === undefined || memory.calls === 0 || expected === undefined || expected.isOpen) return;
    // It may have been lost, or on its way back, when the run ended.
    const isOfGroup = (entry: Entry): boolean => "group" in entry && entry.group === packages.get(pack);
    const last = entries.findLast((entry) => entry.kind === "NOTE" || isOfGroup(entry));
    if (last?.kind !== "CALL") return;
    expect([name, memory.total]).toEqual([name, expected.total]);
  });
}

/** Played back from the beginning and from the last snapshot, all runs give the same, and nothing is done or written. */
async function expectAgain(world: World, program: LoadedProgram, result: RunResult): Promise<void> {
  const before = await world.logs();
  const [orders, paid] = [world.outside.orders.length, world.outside.paid.size];
  const options = { grants: { allowsCommand: () => false } };
  for (const [id, log] of before) {
    const hasSnapshot = log.some((bytes) => decodeEntry(bytes).kind === "SNAP");
    for (const fromStart of hasSnapshot ? [true, false] : [false]) {
      const again = await resumeRun(world.store, program, id, portsOf(new VirtualClock()), { ...options, fromStart });
      if (id === RUN) expect(again).toEqual(result);
    }
  }
  expect(await world.logs()).toEqual(before);
  expect([world.outside.orders.length, world.outside.paid.size]).toEqual([orders, paid]);
}
