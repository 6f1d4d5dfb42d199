/**
 * Components opened on each of the host's two paths, and sessions played on them: calls in turn on one fresh instance,
 * with what its imports saw and what every call gave.
 */
import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";

import { Fault } from "../../../src/fault.ts";
import { loadHere } from "../../../src/host/component/jco/load.node.ts";
import type { Code, LoadCode } from "../../../src/host/component/jco/code.ts";
import { componentPlugin, type ComponentOptions } from "../../../src/host/component/plugin.ts";
import type { ImportedFunction, Instance, Plugin } from "../../../src/host/plugin.ts";
import { functionsOf } from "../../../src/wit/types.ts";
import { CaseValue, Handle, Some, type Value } from "../../../src/wit/value.ts";
import { packageOf } from "../../host/component-fixtures.ts";
import { plainOptions } from "../options.ts";

export type Path = "direct" | "jco";

export const PATHS: readonly Path[] = ["direct", "jco"];

const loaded = new Map<string, Promise<Code>>();

/** Code made once for both paths: making it is most of what opening costs. */
const loadOnce: LoadCode = (request) => {
  const key = JSON.stringify([request.digest, request.caps, request.options]);
  const code = loaded.get(key) ?? loadHere(request);
  loaded.set(key, code);
  return code;
};

export async function open(component: string | Uint8Array, path: Path): Promise<Plugin> {
  const bytes = typeof component === "string" ? await assemble(component) : component;
  const options: ComponentOptions = { load: loadOnce, path };
  return componentPlugin(packageOf(bytes), options);
}

const assembled = new Map<string, Promise<Uint8Array>>();

export function assemble(text: string): Promise<Uint8Array> {
  const bytes = assembled.get(text) ?? parse(text);
  assembled.set(text, bytes);
  return bytes;
}

/** One call. A `Handle` among the arguments names, by its id, the nth handle that the session's calls gave so far. */
export interface Call {
  readonly key: string;
  readonly args?: readonly Value[];
}

export interface Session {
  readonly calls: readonly Call[];
  /** What each import answers, in turn; the last one again and again. An import that is not named answers null. */
  readonly answers?: Readonly<Record<string, readonly Value[]>>;
}

export type Event =
  | { readonly import: string; readonly args: readonly Value[] }
  | { readonly call: string; readonly value: Value }
  | { readonly call: string; readonly fault: Fault };

/**
 * Plays a session on a fresh instance. What is thrown and is no fault goes through: it would be a mistake of the host.
 *
 * @param colour whether its imports answer at once, or later: the guest is then suspended meanwhile (JSPI)
 */
export async function play(
  plugin: Plugin,
  session: Session,
  colour: ImportedFunction["colour"] = "sync",
): Promise<readonly Event[]> {
  const events: Event[] = [];
  const imports = new Map(
    [...functionsOf(plugin.world.imports)].map(([key]) => [key, recorded(key, session, events, colour)]),
  );
  const instance = await plugin.instantiate(plainOptions({ imports }));
  const handles: Handle[] = [];
  try {
    for (const { key, args = [] } of session.calls) {
      const event = await outcome(
        instance,
        key,
        args.map((each) => withHandles(each, handles)),
      );
      if ("value" in event) collectHandles(event.value, handles);
      events.push(event);
    }
  } finally {
    await instance[Symbol.asyncDispose]();
  }
  return events;
}

async function outcome(instance: Instance, key: string, args: readonly Value[]): Promise<Event> {
  try {
    return { call: key, value: await instance.call(key, args) };
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
    return { call: key, fault: thrown };
  }
}

function recorded(
  key: string,
  { answers = {} }: Session,
  events: Event[],
  colour: ImportedFunction["colour"],
): ImportedFunction {
  const given = answers[key] ?? [null];
  let at = 0;
  const call = (args: readonly Value[]): Value => {
    events.push({ import: key, args });
    return given[Math.min(at++, given.length - 1)] ?? null;
  };
  return colour === "sync" ? { colour, call } : { colour, call: async (args) => (await Promise.resolve(), call(args)) };
}

function withHandles(value: Value, handles: readonly Handle[]): Value {
  if (value instanceof Handle) return handles[value.id] ?? value;
  if (Array.isArray(value)) return value.map((each: Value) => withHandles(each, handles));
  if (value instanceof CaseValue) return new CaseValue(value.index, withHandles(value.payload, handles));
  return value instanceof Some ? new Some(withHandles(value.value, handles)) : value;
}

function collectHandles(value: Value, into: Handle[]): void {
  if (value instanceof Handle) into.push(value);
  else if (Array.isArray(value)) for (const each of value as readonly Value[]) collectHandles(each, into);
  else if (value instanceof CaseValue) collectHandles(value.payload, into);
  else if (value instanceof Some) collectHandles(value.value, into);
}
