/** Worlds as plain functions of the embedding program. It has no imports (X1 of exceptions.ts). */
import { ErrValue, type Functions } from "../../../src/host/javascript/plugin.ts";
import { exportsOf, type GeneratedFunction, type GeneratedInterface, type GeneratedWorld } from "./model.ts";

type Plain = (...args: readonly unknown[]) => unknown;

export function javascriptFunctions(worlds: readonly GeneratedWorld[]): Functions {
  const own = worlds.flatMap((world) => exportsOf(world).filter(({ interface: iface }) => iface === null));
  const interfaces = worlds.flatMap((world) => world.interfaces.filter((each) => each.exported));
  return Object.fromEntries<Functions | Plain>([
    ...own.map(({ fn }) => [camel(fn.name), echo(fn)] as const),
    ...interfaces.map((iface) => [iface.id, interfaceFunctions(iface)] as const),
  ]);
}

function interfaceFunctions(iface: GeneratedInterface): Functions {
  const Tally = iface.resource === null ? null : tallyClass(iface);
  const free = iface.functions.filter((fn) => fn.resource === null);
  return Object.fromEntries<Plain>([
    ...(Tally === null ? [] : [[capitalized(camel(iface.resource?.label ?? "")), Tally as unknown as Plain] as const]),
    ...free.map((fn) => [camel(fn.name), fn.does.kind === "tally" && Tally ? tallyUser(fn, Tally) : echo(fn)] as const),
  ]);
}

function echo({ params, result }: GeneratedFunction, first: number = 0): Plain {
  if (result === null) return () => undefined;
  if (params.length - first !== 1) return (...args) => args;
  return result.type.kind === "result" ? returned : (x) => x;
}

function returned(outcome: unknown): unknown {
  const { ok, err } = outcome as { ok?: unknown; err?: unknown };
  if (Object.hasOwn(outcome as object, "err")) throw new ErrValue(err);
  return ok;
}

const NUMBER = Symbol("number");

interface Tally {
  readonly [NUMBER]: bigint;
}
type TallyClass = new (start: number | bigint) => Tally;

function tallyClass({ functions }: GeneratedInterface): TallyClass {
  class Made implements Tally {
    readonly [NUMBER]: bigint;
    constructor(start: number | bigint) {
      this[NUMBER] = BigInt(start);
    }
  }
  for (const fn of functions) {
    if (fn.shape !== "method" && fn.shape !== "static") continue;
    const target = fn.shape === "static" ? Made : Made.prototype;
    const name = camel(fn.name.slice(fn.name.lastIndexOf(".") + 1));
    Object.defineProperty(target, name, { value: memberOf(fn, Made) });
  }
  return Made;
}

function memberOf(fn: GeneratedFunction, Made: TallyClass): Function {
  if (fn.does.kind !== "tally") throw new Error(`${fn.name} is no member`);
  switch (fn.does.act) {
    case "get":
      return function (this: Tally): bigint {
        return this[NUMBER];
      };
    case "self-echo":
      return echo(fn, 1);
    case "make":
      return (start: number | bigint): Tally => new Made(start);
    case "merge":
      return (a: Tally, b: Tally): Tally => new Made(BigInt.asUintN(64, a[NUMBER] + b[NUMBER]));
    default:
      throw new Error(`${fn.name} is no member`);
  }
}

function tallyUser(fn: GeneratedFunction, Made: TallyClass): Plain {
  if (fn.does.kind !== "tally") return echo(fn);
  switch (fn.does.act) {
    case "peek":
      return (a) => (a as Tally)[NUMBER];
    case "many":
      return (starts) => Array.from(starts as Iterable<number | bigint>, (start) => new Made(start));
    case "drain":
      return (all) => (all as readonly Tally[]).reduce((sum, a) => BigInt.asUintN(64, sum + a[NUMBER]), 0n);
    case "live":
      return () => -1;
    default:
      return echo(fn);
  }
}

function camel(name: string): string {
  return name.toLowerCase().replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

function capitalized(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
