/**
 * Functions of the embedding program that have no WIT, over a connection, which needs one: each argument is untyped data or
 * a function of the workflow, and the answer is untyped data.
 */
import { Fault } from "../../../fault.ts";
import type { Instance, InstanceOptions, Plugin } from "../../../host/plugin.ts";
import type { Resource, WitType, World } from "../../../wit/types.ts";
import { Callback, CaseValue, type Value } from "../../../wit/value.ts";
import type { AnyValue } from "../../../wit/any.ts";
import { readAny, writeAny } from "../../guests/untyped.ts";

const DATA = 0;
const CALLBACK = 1;

const NONE = { interfaces: new Map(), functions: new Map(), types: new Map() };

/** The world in which functions of these names cross. */
export function crossingWorld(names: readonly string[]): World {
  const resource: Resource = { kind: "resource", name: { interface: "sennit:host/callback@0.1.0", name: "callback" } };
  const bytes: WitType = { kind: "list", element: { kind: "u8" } };
  const argument: WitType = {
    kind: "variant",
    name: null,
    cases: [
      { name: "data", type: bytes },
      { name: "callback", type: { kind: "own", resource } },
    ],
  };
  const params = [{ name: "args", type: { kind: "list", element: argument } as const }];
  const functions = names.map((name) => {
    return [name, { name, shape: "function", resource: null, params, result: bytes, async: false }] as const;
  });
  return { imports: NONE, exports: { ...NONE, functions: new Map(functions) } };
}

/** The worker's end: a package whose functions are untyped, by one whose functions cross. */
export function uncrossed(plugin: Plugin): Plugin {
  return over(plugin, { imports: NONE, exports: NONE }, (instance) => (fn, args, signal, effect) => {
    const answer = instance.call(fn, [args.map(crossed)], signal, effect);
    const { name } = plugin.manifest;
    return answer instanceof Promise ? answer.then((bytes) => readAny(bytes, name)) : readAny(answer, name);
  });
}

/** The engine's end: the other way round. */
export function crossing(plugin: Plugin, world: World): Plugin {
  return over(plugin, world, (instance) => (fn, [args], signal, effect) => {
    const given = (args as readonly CaseValue[]).map(({ index, payload }) =>
      index === CALLBACK ? payload : readAny(payload, "program"),
    );
    const answer = instance.call(fn, given, signal, effect);
    return answer instanceof Promise ? answer.then(written) : written(answer);
  });
}

function crossed(value: Value): Value {
  return value instanceof Callback ? new CaseValue(CALLBACK, value) : new CaseValue(DATA, data(value));
}

function data(value: Value): Uint8Array {
  try {
    return writeAny(value as AnyValue);
  } catch (fault) {
    if (!(fault instanceof Fault) || fault.code !== "type-mismatch") throw fault;
    throw new Fault("type-mismatch", "a function of the program takes data only");
  }
}

const written = (value: Value): Value => writeAny(value as AnyValue);

/** The same package with calls made another way. */
function over(plugin: Plugin, world: World, call: (instance: Instance) => Instance["call"]): Plugin {
  return {
    manifest: plugin.manifest,
    world,
    digest: plugin.digest,
    instantiate: async (options: InstanceOptions) => {
      const instance = await plugin.instantiate(options);
      return {
        id: instance.id,
        get alive() {
          return instance.alive;
        },
        call: call(instance),
        drop: (handle) => instance.drop(handle),
        [Symbol.asyncDispose]: () => instance[Symbol.asyncDispose](),
      };
    },
    [Symbol.asyncDispose]: () => plugin[Symbol.asyncDispose](),
  };
}
