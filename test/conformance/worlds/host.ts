/** What the worlds import: functions that give back what they got, and things that live here. */
import type { ImportedFunction } from "../../../src/host/plugin.ts";
import { Handle, integer, type Value } from "../../../src/wit/value.ts";
import { type GeneratedFunction, type GeneratedWorld, importsOf, type Placed } from "./model.ts";

/** An instance of no guest: the owner of things. */
const OWNER = 777_000;

export class Host {
  /** What a function without parameters answers. */
  planned: Value = null;
  /** The arguments of the last call of an import. */
  seen: readonly Value[] | null = null;
  readonly #things = new Map<number, bigint>();
  #next = 1;

  imports(worlds: readonly GeneratedWorld[]): ReadonlyMap<string, ImportedFunction> {
    return new Map(worlds.flatMap((world) => importsOf(world).flatMap((placed) => this.#functions(world, placed))));
  }

  /** Things are made at once: a constructor that waits is more than JavaScript has. */
  #functions({ waits }: GeneratedWorld, { key, fn, interface: iface }: Placed): [string, ImportedFunction][] {
    const sync = (call: ImportedFunction["call"]): ImportedFunction => ({ colour: "sync", call });
    if (fn.does.kind !== "thing") {
      const call = (args: readonly Value[]): Value => this.#answer(fn, args);
      const later = async (args: readonly Value[]): Promise<Value> => (await Promise.resolve(), call(args));
      return [[key, waits ? { colour: "async", call: later } : sync(call)]];
    }
    const label = iface?.resource?.label ?? "";
    const drop = sync(([thing]) => this.#drop(thing));
    return [
      [key, sync((args) => this.#thing(fn, args))],
      [`${iface?.id}#[resource-drop]${label}`, drop],
    ];
  }

  /** How many things nobody dropped or merged. */
  get things(): number {
    return this.#things.size;
  }

  #answer({ params, result }: GeneratedFunction, args: readonly Value[]): Value {
    this.seen = args;
    if (result === null) return null;
    if (params.length === 0) return this.planned;
    return params.length === 1 ? (args[0] ?? null) : args;
  }

  #thing({ does }: GeneratedFunction, args: readonly Value[]): Value {
    if (does.kind !== "thing") throw new Error("this is no thing");
    switch (does.act) {
      case "make":
        return this.#make(BigInt(args[0] as number | bigint));
      case "look":
        return integer(this.#number(args[0]));
      case "merge": {
        const sum = this.#number(args[0]) + this.#number(args[1]);
        this.#drop(args[0]);
        this.#drop(args[1]);
        return this.#make(BigInt.asUintN(64, sum));
      }
      default:
        throw new Error(`things have no ${does.act}`);
    }
  }

  #make(number: bigint): Handle {
    const id = this.#next++;
    this.#things.set(id, number);
    return new Handle(OWNER, id);
  }

  #number(thing: Value | undefined): bigint {
    const number = thing instanceof Handle && thing.instance === OWNER ? this.#things.get(thing.id) : undefined;
    if (number === undefined) throw new Error("there is no such thing");
    return number;
  }

  #drop(thing: Value | undefined): null {
    this.#number(thing);
    this.#things.delete((thing as Handle).id);
    return null;
  }
}
