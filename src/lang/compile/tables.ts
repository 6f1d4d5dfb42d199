/** The tables of a program under compilation: each entry once, numbered in order of first use. */
import type { Value } from "../../wit/value.ts";
import { fixedSites } from "../ir/ir.ts";
import type { IrCall, IrNative } from "../ir/ir.ts";
import type { Type } from "../types.ts";
import { typeKey } from "../ir/type-key.ts";

class Interned<T> {
  readonly all: T[] = [];
  readonly #numbers = new Map<unknown, number>();

  add(key: unknown, value: T): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.all.length);
    return this.all.push(value) - 1;
  }
}

export class Tables {
  readonly #constants = new Interned<Value>();
  readonly #types = new Interned<Type>();
  readonly #natives = new Interned<IrNative>();
  readonly #calls = new Interned<IrCall>();
  readonly #sites = new Interned<string>();

  constructor() {
    for (const site of fixedSites) this.site(site);
  }

  get constants(): readonly Value[] {
    return this.#constants.all;
  }
  get sites(): readonly string[] {
    return this.#sites.all;
  }
  get types(): readonly Type[] {
    return this.#types.all;
  }
  get natives(): readonly IrNative[] {
    return this.#natives.all;
  }
  get calls(): readonly IrCall[] {
    return this.#calls.all;
  }

  constant(value: Value): number {
    // -0 and 0 are one key of a Map, but two Floats.
    return this.#constants.add(Object.is(value, -0) ? "-0 of Float" : keyed(value), value);
  }

  type(type: Type): number {
    return this.#types.add(typeKey(type), type);
  }

  native(key: string, types: readonly Type[]): number {
    const numbers = types.map((type) => this.type(type));
    return this.#natives.add(`${key} ${numbers.join()}`, { key, types: numbers });
  }

  call(call: IrCall): number {
    return this.#calls.add(JSON.stringify(call), call);
  }

  /** Two uses of one label are one site: its ordinals tell them apart. */
  site(text: string): number {
    return this.#sites.add(text, text);
  }
}

/** Strings get a mark so that none is the key of "-0 of Float". */
function keyed(value: Value): unknown {
  return typeof value === "string" ? `"${value}` : value;
}
