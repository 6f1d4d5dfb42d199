/** A guest that is not there: calls WASI's functions as one with these powers would, and looks at what is kept for it. */
import { WasiContext } from "../../../../src/host/component/wasi/context.ts";
import { wasiFunctions } from "../../../../src/host/component/wasi/functions.ts";
import { powersOf } from "../../../../src/host/component/wasi/powers.ts";
import type { ImportedFunction, InstanceOptions } from "../../../../src/host/plugin.ts";
import { worldFromText } from "../../../../src/host/wit-source.ts";
import type { World } from "../../../../src/wit/types.ts";
import { CaseValue, ERR, OK, type Value } from "../../../../src/wit/value.ts";
import { WASI_TYPES } from "./wasi-types.ts";

export const WANTS: readonly string[] = ["fs:data", "net:api.example.org", "env:PLACE", "env:OTHER"];

let world: Promise<World> | undefined;

export function wasiWorld(): Promise<World> {
  world ??= worldFromText(WASI_TYPES);
  return world;
}

export function instanceOptions(imports: Readonly<Record<string, ImportedFunction>>): InstanceOptions {
  return {
    id: 1,
    imports: new Map(Object.entries(imports)),
    seed: new Uint8Array(32),
    now: () => 1_000,
    log: () => {},
    sleep: () => Promise.resolve(),
  };
}

export interface FakeGuest {
  readonly context: WasiContext;
  /** `short` is `filesystem/types#[method]descriptor.stat`, without WASI's prefix and version. */
  readonly call: (short: string, ...args: Value[]) => Promise<Value>;
  readonly colour: (short: string) => ImportedFunction["colour"];
  /** Lets go of an object. */
  readonly drop: (object: Value) => void;
}

export async function guestWith(
  imports: Readonly<Record<string, ImportedFunction>>,
  wants: readonly string[] = WANTS,
  more: Partial<InstanceOptions> = {},
): Promise<FakeGuest> {
  const options = { ...instanceOptions(imports), ...more };
  const context = new WasiContext(options, false, await powersOf(await wasiWorld(), wants, options));
  const functions = wasiFunctions(context);
  const find = (short: string): ImportedFunction => {
    const [id = "", name = ""] = short.split("#");
    const found = functions(`wasi:${id}@0.2.3#${name}`);
    if (found === undefined) throw new Error(`no ${short}`);
    return found;
  };
  return {
    context,
    call: async (short, ...args) => find(short).call(args),
    colour: (short) => find(short).colour,
    drop: (object) => context.holdings.drop(object),
  };
}

/** The payload of `ok`. */
export function unwrap(answer: Value): Value {
  if (answer instanceof CaseValue && answer.index === OK) return answer.payload;
  throw new Error(`not ok: ${JSON.stringify(answer)}`);
}

/** The payload of `err`. */
export function errorOf(answer: Value): Value {
  if (answer instanceof CaseValue && answer.index === ERR) return answer.payload;
  throw new Error(`not err: ${JSON.stringify(answer)}`);
}
