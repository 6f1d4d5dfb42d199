/**
 * A run that begins afresh with another version of its program, where its past cannot be played back by that.
 *
 *   R1  Only where nothing of the old life is under way or owed: it waits for time and signals alone, what it asked for is
 *       answered, nothing that it spawned goes on, and no `undo` or `finally` is to come.
 *   R2  Its params are made by a migration from the variables of the old life. Signals that nobody took stay.
 *   R3  Its effects have names of their own (durable/moved-run.ts, V3): what receivers know them by is new, too.
 */
import { Fault } from "../../fault.ts";
import type { RunHeader } from "../../journal/store.ts";
import { Diagnostics } from "../../lang/diagnostics.ts";
import { nearest } from "../../lang/nearest.ts";
import type { Handler } from "../../lang/vm/fiber.ts";
import type { Machine } from "../../lang/vm/machine.ts";
import type { Value } from "../../wit/value.ts";
import type { Restart } from "../durable/moved-run.ts";
import { natureOf } from "../durable/effects/nature.ts";
import { HEARD, keyOf, Recorded } from "../durable/log/recorded.ts";
import type { Numbered } from "../durable/log/recorded.ts";
import { bytesOfValue } from "../durable/rewrites.ts";
import { shown } from "../history/shown.ts";
import type { LoadedProgram } from "../load/loaded.ts";
import { ProgramRefused } from "../embedding/refused.ts";
import { conversion } from "./conversion.ts";
import type { DryRun } from "./dry-run.ts";
import type { Migration } from "./migration.ts";
import { oldValues } from "./rewriting.ts";
import type { Played, ShownRewriting } from "./rewriting.ts";
import { askedText } from "./step-text.ts";

export interface Afresh {
  readonly restart: Restart;
  readonly shown: readonly ShownRewriting[];
}

/** @throws {Fault} `restart-refused` (R1) @throws {ProgramRefused} for a migration that does not give the params */
export function afresh(
  { id }: RunHeader,
  migration: Migration,
  old: Played,
  program: LoadedProgram,
  { entries, waiting, lives }: { entries: readonly Numbered[]; waiting: Waiting; lives: number },
): Afresh {
  const owed = owedBy(old.readable.program, old.machine, entries, waiting);
  if (owed !== null) {
    throw new Fault("restart-refused", `${id} cannot begin afresh: ${owed}`, {
      hint: "Wait until that is over, or cancel the run and begin another",
    });
  }
  const params = paramsOf(migration, program);
  const made = migration.run(oldValues(migration, old)) as readonly Value[];
  const args = params.map((param) => ("at" in param ? param.convert(made[param.at] as Value) : param.fallback));
  const restart = {
    at: 0,
    by: migration.digest,
    args: bytesOfValue(args),
    root: `${id}~${lives}`,
    latest: new Recorded(entries).latest,
  };
  const shownArgs = program.params.map(({ name, type }, at) => {
    return { name, before: null, after: shown(args[at] as Value, type, program.ir.types).text };
  });
  return { restart, shown: shownArgs };
}

type Waiting = Extract<DryRun["end"], { readonly kind: "live" }>["waiting"];

/** R1. Null: nothing. */
function owedBy(
  program: LoadedProgram,
  { fibers }: Machine,
  entries: readonly Numbered[],
  waiting: Waiting,
): string | null {
  if (entries.some(({ entry }) => entry.kind === "CANCEL")) return "it was cancelled";
  const busy = waiting.find((effect) => !PATIENT.has(natureOf(effect, program).kind));
  if (busy !== undefined) return `it waits for ${askedText(busy, program)}`;
  for (const { frames } of fibers.values()) {
    if (frames.some(({ tasks }) => tasks.length > 0)) return "a workflow that it spawned is not awaited";
    if (frames.some(({ undo, handlers }) => undo || handlers.some(isOwed))) return "an `undo` or `finally` is to come";
  }
  const open = openRequest(entries);
  return open === null ? null : `what became of ${open} is not known`;
}

const PATIENT: ReadonlySet<string> = new Set(["timer", "signal"]);

function isOwed(handler: Handler): boolean {
  return handler.kind === "try" ? handler.undos.length > 0 : OWED.has(handler.kind);
}

const OWED: ReadonlySet<string> = new Set(["undoing", "finally", "shield"]);

/** Asked for outside, or of a guest, and neither answered nor given up before it began. */
function openRequest(entries: readonly Numbered[]): string | null {
  const open = new Map<string, string>();
  for (const { entry } of entries) {
    if (entry.kind === "REQ" && entry.eff !== HEARD) open.set(keyOf(entry.eff, entry.attempt), entry.what);
    else if (entry.kind === "CALL") open.set(keyOf(entry.eff, entry.attempt), entry.function);
    else if (entry.kind === "DONE" || entry.kind === "ABANDON") open.delete(keyOf(entry.eff, entry.attempt));
  }
  const [first] = open.values();
  return first ?? null;
}

type Made = { readonly at: number; readonly convert: (value: Value) => Value } | { readonly fallback: Value };

/** Where each param comes from: a field of the migration's record, or its fallback. */
function paramsOf(migration: Migration, { params }: LoadedProgram): readonly Made[] {
  const diagnostics = new Diagnostics();
  const { source, next } = migration;
  for (const { name } of next.fields) {
    if (params.some((param) => param.name === name)) continue;
    const close = nearest(
      name,
      params.map((param) => param.name),
    );
    const hint = close === undefined ? undefined : `Did you mean \`${close}\`?`;
    const why = "is no param of the new version";
    diagnostics.error(source, migration.place(next, name), "variable-refused", { name, why }, { hint });
  }
  const made = params.flatMap(({ name, type, fallback, required }): Made[] => {
    const at = next.fields.findIndex((field) => field.name === name);
    const field = next.fields[at];
    if (field === undefined && !required) return [{ fallback }];
    try {
      if (field !== undefined) return [{ at, convert: conversion(field.type, type, name) }];
      const why = "is a param of the new version, and is not given";
      diagnostics.error(source, migration.place(next, name), "variable-refused", { name, why });
    } catch (failure) {
      if (!(failure instanceof Fault)) throw failure;
      const why = "does not fit the param";
      const label = failure.message;
      diagnostics.error(source, migration.place(next, name), "variable-refused", { name, why }, { label });
    }
    return [];
  });
  if (diagnostics.hasErrors) throw new ProgramRefused(diagnostics.all());
  return made;
}
