/** The functions of a world as the caller's side of a wall needs them: compiled once per instance. */
import type { FunctionKey, WitFunction } from "../../../wit/types.ts";
import type { Value } from "../../../wit/value.ts";
import { argumentCheck, valueCheck } from "../../check-arguments.ts";
import type { CallEffect, ImportedFunction, InstanceOptions } from "../../plugin.ts";
import { writeEffect } from "../frames/call-effect.ts";
import { argumentsCodec, codecOrNothing } from "../frames/codec.ts";
import type { Reader } from "../frames/reader.ts";
import type { Writer } from "../frames/writer.ts";

export interface Export {
  readonly number: number;
  readonly fn: WitFunction;
  readonly check: (args: readonly Value[]) => void;
  readonly write: (to: Writer, args: readonly Value[], effect?: CallEffect) => void;
  readonly read: (from: Reader) => Value;
}

export interface Import {
  readonly key: FunctionKey;
  readonly read: (from: Reader) => readonly Value[];
  /** Checks what was answered, and writes it. @throws {Fault} */
  readonly write: (to: Writer, value: Value) => void;
  readonly given: ImportedFunction | undefined;
}

export function exportOf([key, fn]: [FunctionKey, WitFunction], number: number): [FunctionKey, Export] {
  const codec = argumentsCodec(fn);
  const write: Export["write"] = (to, args, effect) => {
    codec.write(to, args);
    writeEffect(to, effect);
  };
  return [key, { number, fn, check: argumentCheck(fn.name, fn), write, read: codecOrNothing(fn.result).read }];
}

export function importOf(key: FunctionKey, fn: WitFunction, { imports }: InstanceOptions): Import {
  const check = fn.result === null ? null : valueCheck(`answer of ${key}`, fn.result);
  const codec = codecOrNothing(fn.result);
  return {
    key,
    read: argumentsCodec(fn).read,
    write: (to, value) => {
      check?.(value);
      codec.write(to, value);
    },
    given: imports.get(key),
  };
}
