/**
 * How the WASI functions are written down: by interface and name, each given the context of its instance.
 */
import { Defect } from "../../../fault.ts";
import type { Opaque, Value } from "../../../wit/value.ts";
import type { WasiContext } from "./context.ts";

export type WasiFunction = (context: WasiContext, args: readonly Value[]) => Value | Promise<Value>;

/** The type of a function as `formOf` (form.ts) writes it, and what it does. */
export type Typed = readonly [form: string, run: WasiFunction];

export interface WasiInterface {
  /** The resources that are declared here. Methods of theirs that are not among the functions have no object to be called on. */
  readonly resources?: readonly string[];
  readonly functions: Readonly<Record<string, Typed>>;
  /** Functions that suspend a guest that may be suspended. */
  readonly waits?: readonly string[];
  /** Functions that suspend a guest with powers (`Powers.asks`): they wait for the engine. */
  readonly asks?: readonly string[];
}

/** By interface id without its version. */
export type WasiTable = Readonly<Record<string, WasiInterface>>;

/** What an argument of a resource type is: the codec that lifted it looked up its type in the guest's handle table. */
export function object<T extends Opaque>(value: Value | undefined, of: abstract new (...args: never[]) => T): T {
  if (value instanceof of) return value;
  throw new Defect(`a handle of another resource than ${of.name} came through`);
}
