/**
 * `sennit:host`: what every plugin may import, whatever its language and whichever 0.x version it was built against.
 */
import { Fault } from "../fault.ts";
import type { FunctionKey } from "../wit/types.ts";
import { Callback, CaseValue, ERR, OK, type Value } from "../wit/value.ts";
import type { ImportedFunction, InstanceOptions, LogLine } from "./plugin.ts";

type Name = "log#write" | "progress#report" | "callback#[method]callback.call";

const colours: Readonly<Record<Name, ImportedFunction["colour"]>> = {
  "log#write": "sync",
  "progress#report": "sync",
  "callback#[method]callback.call": "async",
};

/** Whether the host's function of this key may wait; undefined when it is none of the host's. */
export function hostColour(key: FunctionKey): ImportedFunction["colour"] | undefined {
  const name = nameOf(key);
  return name === undefined ? undefined : colours[name];
}

/** The host's function of this key, for one instance; undefined when it is none of the host's. */
export function hostFunction(key: FunctionKey, options: InstanceOptions): ImportedFunction | undefined {
  const name = nameOf(key);
  switch (name) {
    case undefined:
      return undefined;
    case "log#write":
      return { colour: colours[name], call: ([level, text]) => writeLog(options, level, text) };
    case "progress#report":
      return { colour: colours[name], call: ([done, total, text]) => reportProgress(options, done, total, text) };
    case "callback#[method]callback.call":
      return { colour: colours[name], call: ([callback, args]) => callBack(callback, args) };
  }
}

function nameOf(key: FunctionKey): Name | undefined {
  const found = /^sennit:host\/([a-z]+)@0\.\d+\.\d+#(.+)$/.exec(key);
  const name = `${found?.[1]}#${found?.[2]}`;
  return Object.hasOwn(colours, name) ? (name as Name) : undefined;
}

const levels: readonly LogLine["level"][] = ["trace", "debug", "info", "warn", "error"];

function writeLog(options: InstanceOptions, level: Value | undefined, text: Value | undefined): null {
  for (const line of String(text).split("\n")) options.log({ level: levels[Number(level)] ?? "info", text: line });
  return null;
}

function reportProgress({ progress }: InstanceOptions, done?: Value, total?: Value, text?: Value): null {
  progress?.(Number(done), total === null ? null : Number(total), text === "" ? null : String(text));
  return null;
}

/** The canonical CBOR of null: nothing more than the message. */
const NOTHING: Uint8Array = Uint8Array.of(0xf6);

/** What the function fails with is the guest's to handle: only a defect goes through it. */
async function callBack(callback: Value | undefined, args: Value | undefined): Promise<Value> {
  if (!(callback instanceof Callback)) throw new Fault("type-mismatch", "This callback belongs to another plugin");
  try {
    return new CaseValue(OK, await callback.call(args as readonly Uint8Array[]));
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
    return new CaseValue(ERR, [thrown.code, thrown.source, thrown.message, NOTHING]);
  }
}
