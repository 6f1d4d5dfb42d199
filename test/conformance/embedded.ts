/** The conformance world in plain JavaScript, by the names that its functions have there. */
import { ErrValue } from "../../src/host/javascript/plugin.ts";
import type { Functions } from "../../src/host/javascript/plugin.ts";

type Outcome = { readonly ok: unknown } | { readonly err: unknown };

const identity = (x: unknown): unknown => x;
const wrapped = (x: unknown): unknown => [x];

/** A WIT `result` as the return: the ok value, or its err thrown. */
function returned(outcome: Outcome): unknown {
  if ("err" in outcome) throw new ErrValue(outcome.err);
  return outcome.ok;
}

interface Point {
  readonly x: number;
  readonly y: number;
}
interface Particle {
  readonly id: number;
  readonly name: string;
  readonly colour: string;
}
type Shape = { readonly tag: string; readonly value?: unknown };

export const fold: Functions = {
  sumU8: (xs: Uint8Array) => xs.reduce((a, b) => a + b, 0),
  sumS64: (xs: BigInt64Array | readonly (number | bigint)[]) =>
    BigInt.asIntN(
      64,
      [...xs].reduce<bigint>((a, b) => a + BigInt(b), 0n),
    ),
  sumF64: (xs: Iterable<number>) => [...xs].reduce((a, b) => a + b, 0),
  concat: (xs: readonly string[]) => xs.join(""),
  countChars: (s: string) => [...s].length,
  countTrue: (xs: readonly boolean[]) => xs.filter(Boolean).length,
  countNested: (xs: readonly { readonly length: number }[]) => xs.reduce((n, list) => n + list.length, 0),
  countPermissions: (p: Readonly<Record<string, boolean>>) => Object.values(p).filter(Boolean).length,
  centre: (xs: readonly Point[]) => ({ x: xs.reduce((a, p) => a + p.x, 0), y: xs.reduce((a, p) => a + p.y, 0) }),
  namesOf: (xs: readonly Particle[], which: string) => xs.filter((p) => p.colour === which).map((p) => p.name),
  measure: (s: Shape) => measure(s),
  firstSome: (xs: readonly (number | null)[]) => xs.find((x) => x !== null) ?? null,
  divide: (left: number, right: number) => {
    if (right === 0) throw new ErrValue("division by zero");
    return Math.trunc(left / right) | 0;
  },
};

function measure({ tag, value }: Shape): number | bigint {
  switch (tag) {
    case "empty":
      return 0;
    case "circle":
      return 1;
    case "polygon":
      return (value as readonly Point[]).length;
    case "label":
      return [...(value as string)].length;
    case "count":
      return value as bigint;
    default:
      return (value as Particle).id;
  }
}

/** Identity functions for these WIT names. */
export function echoes(names: readonly string[]): Functions {
  const functions = names.map((name) => {
    const camel = name.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
    if (name === "echo-many") return [camel, (...args: readonly unknown[]) => args] as const;
    if (name.startsWith("echo-result")) return [camel, wrapped] as const;
    if (name.startsWith("return-")) return [camel, returned] as const;
    return [camel, identity] as const;
  });
  return Object.fromEntries([...functions, ["nothing", () => undefined]]) as Functions;
}

class Accumulator {
  #value: bigint;
  constructor(start: number | bigint) {
    this.#value = BigInt(start);
  }
  add(x: number | bigint): void {
    this.#value = BigInt.asIntN(64, this.#value + BigInt(x));
  }
  value(): bigint {
    return this.#value;
  }
  static merge(left: Accumulator, right: Accumulator): Accumulator {
    return new Accumulator(BigInt.asIntN(64, left.#value + right.#value));
  }
}

export const store: Functions = {
  Accumulator,
  peek: (a: Accumulator) => a.value(),
  makeMany: (starts: Iterable<number | bigint>) => [...starts].map((start) => new Accumulator(start)),
  drain: (all: readonly Accumulator[]) => all.reduce((sum, a) => BigInt.asIntN(64, sum + a.value()), 0n),
};
