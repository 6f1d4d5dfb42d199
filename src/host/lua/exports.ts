/** The functions that a plugin's file returned, and how a call's values go in and out. */
import { Fault } from "../../fault.ts";
import type { FunctionKey, WitFunction, WorldSide } from "../../wit/types.ts";
import { CaseValue, ERR, OK, type Value } from "../../wit/value.ts";
import { argumentCheck, type CheckArguments } from "../check-arguments.ts";
import { invalidValue } from "../invalid-value.ts";
import type { StateReader, StateWriter } from "../state/bytes.ts";
import { FUNCTION, NIL, type Pointer, TABLE, typeName } from "./api.ts";
import type { Codec } from "./codec.ts";
import { misfitMessage } from "./host-calls.ts";
import type { Link } from "./link.ts";
import { Misfit } from "./misfit.ts";
import { exportNames, type Place, placesOf } from "./world.ts";

/** One exported function of one instance. */
export interface Export {
  /** For messages: the key without its interface's version. */
  readonly name: string;
  /** The package, for faults. */
  readonly source: string;
  readonly fn: WitFunction;
  /** Registry place of the Lua function. */
  readonly ref: number;
  readonly params: readonly Codec[];
  /** The codec of what the Lua function returns: of the ok payload, when the WIT result is a `result`. */
  readonly returns: Codec | null;
  /** The codec of what `sennit.err` holds; undefined when the function has no errors of its own. */
  readonly raises: Codec | null | undefined;
  readonly slots: number;
  readonly check: CheckArguments;
}

/**
 * Finds every exported function in the table on top of the main stack, by raw access.
 *
 * @throws {Fault} `plugin-invalid` naming all that are missing
 */
export function bindExports(
  link: Link,
  side: WorldSide,
  source: string,
  place: string,
): ReadonlyMap<FunctionKey, Export> {
  const { machine } = link;
  if (machine.api.lua_type(machine.main, -1) !== TABLE) {
    const found = typeName(machine.api.lua_type(machine.main, -1));
    throw new Fault("plugin-invalid", `${place} returned ${found}; it must return the table of its functions`, {
      source,
    });
  }
  const missing: string[] = [];
  const exports = new Map<FunctionKey, Export>();
  for (const at of placesOf(side)) {
    const paths = waysTo(at, side);
    const ref = paths.map((path) => findFunction(link, path)).find((found) => found !== undefined);
    if (ref === undefined) missing.push((paths[0] ?? []).join("."));
    else exports.set(at.key, compile(link, at, ref, source));
  }
  machine.pop(machine.main, 1);
  if (missing.length > 0) {
    throw new Fault("plugin-invalid", `${place} does not return what its world exports: ${missing.join(", ")}`, {
      source,
      hint: "Names are in snake_case, and the functions of an interface in a table of its name.",
    });
  }
  return exports;
}

/** The places of the functions, for an instance that is made of a saved state. */
export function writeExports(exports: ReadonlyMap<FunctionKey, Export>, to: StateWriter): void {
  for (const { ref } of exports.values()) to.u32(ref);
}

/** The same functions in a machine that has taken the state. @throws {Fault} `state-invalid` */
export function readExports(
  link: Link,
  side: WorldSide,
  source: string,
  from: StateReader,
): ReadonlyMap<FunctionKey, Export> {
  return new Map(placesOf(side).map((at) => [at.key, compile(link, at, from.u32(), source)]));
}

function waysTo({ interface: id, path }: Place, side: WorldSide): readonly (readonly string[])[] {
  return id === null ? [path] : exportNames(id, side).map((name) => [name, ...path]);
}

/** Follows a path from the table on top of the main stack, which stays. Nothing but the whole path counts. */
function findFunction({ machine }: Link, path: readonly string[]): number | undefined {
  const { api, main } = machine;
  const top = api.lua_gettop(main);
  api.lua_pushvalue(main, -1);
  const isThere = path.every((name) => {
    if (api.lua_type(main, -1) !== TABLE) return false;
    machine.shim.field(main, machine.key(name));
    return true;
  });
  const ref = isThere && api.lua_type(main, -1) === FUNCTION ? machine.take(main) : undefined;
  api.lua_settop(main, top);
  return ref;
}

function compile(link: Link, { key, fn }: Place, ref: number, source: string): Export {
  const params = fn.params.map((param) => link.of(param.type, "plain"));
  const { result } = fn;
  const arm = result?.kind === "result" ? result : null;
  const success = arm === null ? result : arm.ok;
  const returns = success === null ? null : link.of(success, "plain");
  const raises = arm === null ? undefined : arm.err === null ? null : link.of(arm.err, "plain");
  const name = key.replace(/@[^#]*(?=#)/, "");
  const slots = [...params, returns, raises].map((codec) => codec?.slots ?? 0);
  return {
    name,
    source,
    fn,
    ref,
    params,
    returns,
    raises,
    slots: Math.max(0, ...slots) + params.length + 8,
    check: argumentCheck(name, fn),
  };
}

/** Pushes the function and its arguments; answers how many arguments. */
export function pushArguments(link: Link, target: Export, thread: Pointer, args: readonly Value[]): number {
  const { machine, handles } = link;
  machine.needSlots(thread, target.slots);
  machine.push(thread, target.ref);
  let index = 0;
  try {
    for (; index < target.params.length; index++) (target.params[index] as Codec).push(thread, args[index] as Value);
  } catch (error) {
    handles.revoke();
    if (!(error instanceof Misfit)) throw error;
    machine.api.lua_settop(thread, 0);
    const label = `argument \`${target.fn.params[index]?.name ?? ""}\` of ${target.name}`;
    throw new Fault(error.code, `${label}${error.place === "" ? ": " : ""}${misfitMessage(error)}`);
  }
  handles.commit();
  return target.params.length;
}

/** Reads what the function returned; `counter` of the machine says how many values there are. */
export function finishCall(link: Link, target: Export, thread: Pointer): Value {
  const { machine } = link;
  const { fn, returns } = target;
  const count = machine.word(machine.counter);
  if (count === 0) machine.api.lua_pushnil(thread);
  else machine.pop(thread, count - 1);
  const value = returns === null ? null : readGuest(link, target, thread, returns, "returned");
  return fn.result?.kind === "result" ? new CaseValue(OK, value) : value;
}

/** How to read the error object on top of the stack, when it is a `sennit.err` and the function may raise one. */
export function raisedErr(link: Link, target: Export, thread: Pointer): (() => Value) | undefined {
  const { machine, prelude } = link;
  const { api } = machine;
  const { raises } = target;
  if (api.lua_checkstack(thread, target.slots) === 0) return undefined;
  if (raises === undefined || api.lua_type(thread, -1) !== TABLE || api.lua_getmetatable(thread, -1) === 0)
    return undefined;
  machine.push(thread, prelude.err);
  const isErr = api.lua_rawequal(thread, -1, -2) !== 0;
  machine.pop(thread, 2);
  if (!isErr) return undefined;
  return () => {
    machine.push(thread, machine.key("value"));
    const isNil = api.lua_rawget(thread, -2) === NIL;
    if (raises === null && !isNil)
      throw misfitFault(target, new Misfit("type-mismatch", "its err has no value"), "raised");
    const payload = raises === null ? null : readGuest(link, target, thread, raises, "raised");
    api.lua_resetthread(thread);
    return new CaseValue(ERR, payload);
  };
}

function readGuest(
  { machine, budget, handles }: Link,
  target: Export,
  thread: Pointer,
  codec: Codec,
  verb: "returned" | "raised",
): Value {
  budget.reset();
  machine.needSlots(thread, target.slots);
  try {
    const value = codec.read(thread);
    handles.accept();
    return value;
  } catch (error) {
    throw error instanceof Misfit ? misfitFault(target, error, verb) : error;
  }
}

function misfitFault({ name, source }: Export, misfit: Misfit, verb: "returned" | "raised"): Fault {
  const where = misfit.place === "" ? "" : `${misfit.place.replace(/^\./, "")}: `;
  return invalidValue(source, verb, name, `${where}${misfit.message}`);
}
