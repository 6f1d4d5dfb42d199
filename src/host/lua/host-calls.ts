/**
 * What a guest can ask of the host while a call runs: its imports, callbacks it was lent, sleep, dropping a handle.
 * Each is known to Lua by a number.
 *
 * One that answers at once is called on the guest's own stack. One that may have to be waited for is a yield of the token, its
 * number, and the arguments: the guest is not on the stack meanwhile. The guest cannot tell which is which.
 */
import { Fault } from "../../fault.ts";
import { type AnyValue } from "../../wit/any.ts";
import { encodeAny } from "../../wit/cbor.ts";
import type { Field, WitFunction } from "../../wit/types.ts";
import { checkValue } from "../../wit/validate.ts";
import { type Callback, CaseValue, ERR, type Value } from "../../wit/value.ts";
import { NUMBER, type Pointer } from "./api.ts";
import { ANY_SLOTS, decodedAny, pushAny, readAny } from "./any.ts";
import type { Codec, CodecContext, CodecOf } from "./codec.ts";
import { Misfit, within } from "./misfit.ts";
import type { ImportedFunction } from "../plugin.ts";
import { luaName } from "./names.ts";

export interface HostCall {
  readonly colour: ImportedFunction["colour"];
  /**
   * Reads its arguments: the `count` values on top of the stack, which is left in any state.
   * @throws {Misfit} which the guest can catch
   * @throws {Fault} `value-too-large`, which it cannot
   */
  readonly read: (thread: Pointer, count: number) => readonly Value[];
  /** Acts. What it throws, or what the promise rejects with, is raised in the guest. */
  readonly call: (args: readonly Value[]) => unknown;
  /** Pushes the results and answers how many; `RAISED` when it pushed an error object. */
  readonly answer: (thread: Pointer, value: unknown) => number;
}

export const RAISED = -1;

/** Slots for what stands around a value. */
const ROOM = 8;

/** Keeps an import's `err` as Lua sees it: `{ value = … }` with the mark of `sennit.err`. */
export type PushErr = (thread: Pointer, pushValue: (() => void) | null) => void;

export interface HostCallParts {
  readonly context: CodecContext;
  readonly of: CodecOf;
  readonly pushErr: PushErr;
}

export function importCall(parts: HostCallParts, key: string, fn: WitFunction, imported: ImportedFunction): HostCall {
  const codecs = fn.params.map((param) => parts.of(param.type, "plain"));
  const slots = codecs.length + ROOM + Math.max(0, ...codecs.map((codec) => codec.slots));
  return {
    colour: imported.colour,
    read: (thread, count) => {
      parts.context.machine.needSlots(thread, slots);
      return readArguments(parts, fn.params, codecs, thread, count);
    },
    call: imported.call,
    answer: resultPusher(parts, key, fn),
  };
}

function readArguments(
  { context: { machine } }: HostCallParts,
  params: readonly Field[],
  codecs: readonly Codec[],
  thread: Pointer,
  count: number,
): readonly Value[] {
  if (count > params.length)
    throw new Misfit("type-mismatch", `${params.length} arguments are taken, ${count} were given`);
  for (let missing = count; missing < params.length; missing++) machine.api.lua_pushnil(thread);
  const values: Value[] = Array.from({ length: params.length });
  for (let index = params.length - 1; index >= 0; index--) {
    try {
      values[index] = (codecs[index] as Codec).read(thread);
    } catch (error) {
      throw within(error, `argument ${luaName((params[index] as Field).name)}`);
    }
    machine.pop(thread, 1);
  }
  return values;
}

function resultPusher({ context, of, pushErr }: HostCallParts, key: string, fn: WitFunction): HostCall["answer"] {
  const { result } = fn;
  const arms =
    result?.kind === "result" ? [result.ok, result.err].map((arm) => (arm === null ? null : of(arm, "plain"))) : null;
  const codec = result === null || arms !== null ? null : of(result, "plain");
  const slots = ROOM + Math.max(0, ...[codec, ...(arms ?? [])].map((each) => each?.slots ?? 0));
  return (thread, answer) => {
    const value = answer as Value;
    context.machine.needSlots(thread, slots);
    if (result !== null) checkValue(result, value, `the answer of ${key}`);
    if (arms === null || !(value instanceof CaseValue)) return pushOk(codec, thread, value);
    if (value.index !== ERR) return pushOk(arms[0] ?? null, thread, value.payload);
    const err = arms[1] ?? null;
    pushErr(thread, err === null ? null : () => err.push(thread, value.payload));
    return RAISED;
  };
  function pushOk(payload: Codec | null, thread: Pointer, value: Value): number {
    if (payload === null) return 0;
    payload.push(thread, value);
    return 1;
  }
}

/** `sennit.sleep(seconds)` */
export function sleepCall({ context }: HostCallParts, sleep: (milliseconds: number) => Promise<void>): HostCall {
  const { api } = context.machine;
  return {
    colour: "async",
    read: (thread, count) => {
      api.lua_settop(thread, -count);
      const isNumber = count > 0 && api.lua_type(thread, -1) === NUMBER;
      const seconds = isNumber ? api.lua_tonumberx(thread, -1, 0) : Number.NaN;
      if (!(seconds >= 0)) throw new Misfit("type-mismatch", "sennit.sleep takes a number of seconds, zero or more");
      return [seconds * 1000];
    },
    call: ([milliseconds]) => sleep(milliseconds as number),
    answer: () => 0,
  };
}

/** A function of the workflow that the guest was given: untyped arguments, an untyped result. */
export function callbackCall({ context }: HostCallParts, callback: Callback): HostCall {
  const { machine } = context;
  return {
    colour: "async",
    read: (thread, count) => {
      const args: AnyValue[] = [];
      machine.needSlots(thread, ANY_SLOTS);
      context.budget.nodes(count);
      for (let index = 0; index < count; index++) {
        args.push(readAny(context, thread));
        machine.pop(thread, 1);
      }
      return args.toReversed().map((arg) => encodeAny(arg));
    },
    call: (args) => callback.call(args as readonly Uint8Array[]),
    answer: (thread, value) => {
      machine.needSlots(thread, ANY_SLOTS);
      pushAny(context, thread, decodedAny(value as Uint8Array), false);
      return 1;
    },
  };
}

/** What a guest is told of a failure of the host's: a code and a message. */
export function describeThrown(thrown: unknown): { code: string; source: string; message: string } {
  if (thrown instanceof Fault) return { code: thrown.code, source: thrown.source, message: thrown.message };
  if (thrown instanceof Misfit) return { code: thrown.code, source: "sennit", message: misfitMessage(thrown) };
  return {
    code: "import-failed",
    source: "sennit",
    message: thrown instanceof Error ? thrown.message : String(thrown),
  };
}

export function misfitMessage(misfit: Misfit): string {
  return misfit.place === "" ? misfit.message : `${misfit.place}: ${misfit.message}`;
}
