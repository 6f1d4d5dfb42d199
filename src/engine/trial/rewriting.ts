/**
 * What a migration makes of the variables of a run: read from the program that the run goes on with up to now, checked
 * against the one that it is moved to.
 *
 *   W1  Each value is of the type that the new program declares, and each name a variable that it has where the run is.
 *   W2  All that is wrong with a migration's names and types is told at once, at its place in the migration's file.
 */
import { Fault } from "../../fault.ts";
import { showA } from "../../lang/check/infer-types.ts";
import { Diagnostics } from "../../lang/diagnostics.ts";
import { nearest } from "../../lang/nearest.ts";
import type { RecordType } from "../../lang/types.ts";
import { isAtRest } from "../../lang/vm/rewrite.ts";
import type { Machine } from "../../lang/vm/machine.ts";
import type { Value } from "../../wit/value.ts";
import { bytesOfValue } from "../durable/rewrites.ts";
import type { RewrittenVariable, Rewriting } from "../durable/rewrites.ts";
import { ValueBytes } from "../durable/value-bytes.ts";
import { fits } from "../history/fits.ts";
import { shown } from "../history/shown.ts";
import type { Readable } from "../history/typed.ts";
import { ProgramRefused } from "../embedding/refused.ts";
import { conversion } from "./conversion.ts";
import type { Convert } from "./conversion.ts";
import { MainVariables } from "./main-variables.ts";
import type { MainVariable } from "./main-variables.ts";
import type { Migration } from "./migration.ts";

/** A run played back by a program up to now. */
export interface Played {
  readonly readable: Readable;
  readonly machine: Machine;
}

/** One variable, as programs write its values; `before` is null where it had none. */
export interface ShownRewriting {
  readonly name: string;
  readonly before: string | null;
  readonly after: string;
}

export interface Planned {
  readonly variables: readonly RewrittenVariable[];
  readonly shown: readonly ShownRewriting[];
}

/** @throws {ProgramRefused} (W2) @throws {Fault} `migration-refused`, `migration-failed` */
export function planned(migration: Migration, old: Played, next: Played): Planned {
  const [before, after] = [variablesOf(old, "old"), variablesOf(next, "new")];
  const diagnostics = new Diagnostics();
  const given = new Side(migration, migration.old, before, "old", diagnostics).converted();
  const giving = new Side(migration, migration.next, after, "new", diagnostics).converted();
  if (diagnostics.hasErrors) throw new ProgramRefused(diagnostics.all());
  const made = migration.run(given.map(({ variable, convert }) => convert(variable.value as Value)));
  const values = giving.map(({ convert }, at) => convert((made as readonly Value[])[at] as Value));
  giving.forEach(({ name, variable }, at) => {
    const value = values[at] as Value;
    if (fitsIn(next, variable, value) && after.mayBecome(variable, value)) return;
    const why = "may not become nil where the run is: the program has tested that it is not";
    diagnostics.error(migration.source, migration.place(migration.next, name), "variable-refused", { name, why });
  });
  if (diagnostics.hasErrors) throw new ProgramRefused(diagnostics.all());
  const { types } = next.readable.program.ir;
  return {
    variables: giving.map(({ name, variable }, at) => {
      return { name, register: variable.local.index, value: bytesOfValue(values[at] as Value) };
    }),
    shown: giving.map(({ name, variable: { local, value } }, at) => ({
      name,
      before: value === undefined ? null : shown(value, local.type, types).text,
      after: shown(values[at] as Value, local.type, types).text,
    })),
  };
}

/** What a migration is given. @throws {ProgramRefused} @throws {Fault} `migration-refused` */
export function oldValues(migration: Migration, old: Played): Value {
  const diagnostics = new Diagnostics();
  const given = new Side(migration, migration.old, variablesOf(old, "old"), "old", diagnostics).converted();
  if (diagnostics.hasErrors) throw new ProgramRefused(diagnostics.all());
  return given.map(({ variable, convert }) => convert(variable.value as Value));
}

/** An earlier rewriting for a program that has the variables elsewhere. A text: why it does not fit. */
export function carriedTo(played: Played, rewriting: Rewriting): Rewriting | string {
  const variables = MainVariables.of(played.readable, played.machine);
  const carried: RewrittenVariable[] = [];
  for (const { name, value } of rewriting.variables) {
    const found = variables?.find(name) ?? "is none";
    if (typeof found === "string") return `it has no variable ${name}, which was rewritten`;
    const decoded = new ValueBytes(null).decode(value);
    const isHeld = variables?.heldBy(name) !== null;
    if (isHeld || !fitsIn(played, found, decoded) || variables?.mayBecome(found, decoded) !== true) {
      return `its variable ${name} cannot take what was written to it`;
    }
    carried.push({ name, register: found.local.index, value });
  }
  return { ...rewriting, variables: carried };
}

function fitsIn({ readable }: Played, { local }: MainVariable, value: Value): boolean {
  return fits(value, local.type, { types: readable.program.ir.types, isTask: () => false, known: new WeakMap() });
}

/** @throws {Fault} `migration-refused` */
function variablesOf({ readable, machine }: Played, version: string): MainVariables {
  const variables = isAtRest(machine) ? MainVariables.of(readable, machine) : null;
  if (variables !== null) return variables;
  throw new Fault("migration-refused", `The ${version} version is not waiting for anything where the run is`, {
    hint: "Take the run up once more, and try again when it waits",
  });
}

interface Converted {
  readonly name: string;
  readonly variable: MainVariable;
  readonly convert: Convert;
}

/** One of the two records, and the variables of the version that it is about. */
class Side {
  readonly #migration: Migration;
  readonly #record: RecordType;
  readonly #variables: MainVariables;
  readonly #version: "old" | "new";
  readonly #diagnostics: Diagnostics;

  constructor(
    migration: Migration,
    record: RecordType,
    variables: MainVariables,
    version: "old" | "new",
    diagnostics: Diagnostics,
  ) {
    this.#migration = migration;
    this.#record = record;
    this.#variables = variables;
    this.#version = version;
    this.#diagnostics = diagnostics;
  }

  /** By the record's fields; those that are wrong are left out, and told. */
  converted(): readonly Converted[] {
    return this.#record.fields.flatMap(({ name, type }) => {
      const variable = this.#found(name);
      if (variable === null) return [];
      const [from, to] = this.#version === "old" ? [variable.local.type, type] : [type, variable.local.type];
      try {
        return [{ name, variable, convert: conversion(from, to, name) }];
      } catch (failure) {
        if (!(failure instanceof Fault)) throw failure;
        this.#differs(name, variable, failure.message);
        return [];
      }
    });
  }

  #found(name: string): MainVariable | null {
    const version = this.#version;
    const variable = this.#variables.find(name);
    if (typeof variable === "string") {
      if (variable === "is none") this.#missing(name);
      else this.#refuse(name, variable);
      return null;
    }
    if (version === "old" && variable.value === undefined) {
      this.#refuse(name, "has no value where the run is");
      return null;
    }
    const holder = version === "new" ? this.#variables.heldBy(name) : null;
    if (holder === null) return variable;
    this.#refuse(name, `cannot be rewritten: ${holder} goes on with its value`);
    return null;
  }

  #missing(name: string): void {
    const close = nearest(name, this.#variables.names);
    const hint = close === undefined ? undefined : `Did you mean \`${close}\`?`;
    const { source } = this.#migration;
    this.#diagnostics.error(source, this.#place(name), "no-such-variable", { name, version: this.#version }, { hint });
  }

  #refuse(name: string, why: string): void {
    this.#diagnostics.error(this.#migration.source, this.#place(name), "variable-refused", { name, why });
  }

  #differs(name: string, { local }: MainVariable, label: string): void {
    const params = { name, version: this.#version, type: showA(local.type) };
    this.#diagnostics.error(this.#migration.source, this.#place(name), "variable-differs", params, { label });
  }

  #place(name: string): ReturnType<Migration["place"]> {
    return this.#migration.place(this.#record, name);
  }
}
