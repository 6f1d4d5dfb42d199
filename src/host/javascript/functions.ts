/** Finds the JavaScript function for each function of a world. Only own data properties of the given objects count. */
import { Fault } from "../../fault.ts";
import { functionsOf, type WitFunction, type World } from "../../wit/types.ts";
import { lowerCamel, memberName, shortName, snakeCase, upperCamel } from "../names.ts";

/** Functions by name; those of an interface, and classes of resources, in objects by the interface's name. */
export interface Functions {
  readonly [name: string]: Function | Functions;
}

/** Thrown by a function for the `err` of its WIT result. */
export class ErrValue extends Error {
  readonly value: unknown;
  constructor(value: unknown, message?: string) {
    super(message ?? "the function answered err");
    this.name = "ErrValue";
    this.value = value;
  }
}

export interface Found {
  /** For messages. */
  readonly name: string;
  /** Null when it is untyped. */
  readonly fn: WitFunction | null;
  /** How it is called: as it is, with `new`, or as the method of its first argument. */
  readonly make: "call" | "new" | "method";
  /** The function or class; of a method, its class. */
  readonly target: Function;
}

/** @throws {Fault} `plugin-invalid` naming all that are missing */
export function bindFunctions(functions: Functions, world: World, source: string): ReadonlyMap<string, Found> {
  const found = new Map<string, Found>();
  const missing: string[] = [];
  for (const [key, fn] of functionsOf(world.exports)) {
    const hash = key.lastIndexOf("#");
    const scopes = hash < 0 ? [functions] : interfaceScopes(functions, key.slice(0, hash));
    const one = scopes.map((scope) => find(scope, key, fn)).find((each) => each !== undefined);
    if (one === undefined) missing.push(key);
    else found.set(key, one);
  }
  if (missing.length === 0) return found;
  throw new Fault(
    "plugin-invalid",
    `The WIT of ${source} exports what the program does not have: ${missing.join(", ")}`,
    {
      source,
      hint: "Write names in camelCase, an interface's functions in an object of its name, a resource as a class.",
    },
  );
}

function interfaceScopes(functions: Functions, id: string): readonly Functions[] {
  const short = shortName(id);
  const names = [lowerCamel(short), snakeCase(short), short, id];
  return names
    .map((name) => own(functions, name))
    .filter((value): value is Functions => typeof value === "object" && value !== null);
}

function find(scope: Functions, key: string, fn: WitFunction): Found | undefined {
  const name = key.replace(/@[^#]*(?=#)/, "");
  if (fn.resource === null) {
    const target = callable(scope, [lowerCamel(fn.name), snakeCase(fn.name), fn.name]);
    return target && { name, fn, make: "call", target };
  }
  const target = callable(scope, [upperCamel(fn.resource.name.name)]);
  if (target === undefined) return undefined;
  if (fn.shape === "constructor") return { name, fn, make: "new", target };
  const member = lowerCamel(memberName(fn));
  if (fn.shape === "static") {
    const method = own(target, member);
    return typeof method === "function"
      ? { name, fn, make: "call", target: method.bind(target) as Function }
      : undefined;
  }
  const method = own((target as { prototype: object }).prototype, member);
  return typeof method === "function" ? { name, fn, make: "method", target: method } : undefined;
}

function callable(scope: Functions, names: readonly string[]): Function | undefined {
  return names.map((name) => own(scope, name)).find((value): value is Function => typeof value === "function");
}

function own(object: object, name: string): unknown {
  return Object.getOwnPropertyDescriptor(object, name)?.value;
}
