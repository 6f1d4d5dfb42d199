/**
 * What the host itself gives every Python plugin: the interfaces of `sennit:host`, found by name whatever their version.
 */
import { Fault } from "../../fault.ts";
import type { FunctionKey } from "../../wit/types.ts";
import { Callback, CaseValue, ERR, OK, type Value } from "../../wit/value.ts";
import type { ImportedFunction, InstanceOptions, LogLine } from "../plugin.ts";

const LEVELS: readonly LogLine["level"][] = ["trace", "debug", "info", "warn", "error"];

/** The canonical CBOR of null. */
const CBOR_NULL: Uint8Array = Uint8Array.of(0xf6);

/** The host's function of this key, if it is one of `sennit:host`. */
export function hostImport(key: FunctionKey, options: InstanceOptions): ImportedFunction | undefined {
  const [, path] = /^sennit:host\/([^@#]+(?:@[^#]+)?#.+)$/.exec(key) ?? [];
  switch (path?.replace(/@[^#]+/, "")) {
    case "log#write":
      return { colour: "sync", call: ([level, text]) => writeLog(options, level, text) };
    case "progress#report":
      return { colour: "sync", call: () => null }; // nobody looks yet
    case "callback#[method]callback.call":
      return { colour: "async", call: ([callback, args]) => callBack(callback, args) };
    default:
      return undefined;
  }
}

/** True for functions that link without being given. */
export function isHostImport(key: FunctionKey): boolean {
  return /^sennit:host\/(log(@[^#]+)?#write|progress(@[^#]+)?#report|callback(@[^#]+)?#\[method\]callback\.call)$/.test(
    key,
  );
}

function writeLog(options: InstanceOptions, level: Value | undefined, text: Value | undefined): null {
  for (const line of String(text).split("\n")) options.log({ level: LEVELS[Number(level)] ?? "info", text: line });
  return null;
}

async function callBack(callback: Value | undefined, args: Value | undefined): Promise<Value> {
  if (!(callback instanceof Callback)) throw new Fault("type-mismatch", "this callback belongs to another plugin");
  try {
    return new CaseValue(OK, await callback.call(args as readonly Uint8Array[]));
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return new CaseValue(ERR, [error.code, error.source, error.message, CBOR_NULL]);
  }
}
