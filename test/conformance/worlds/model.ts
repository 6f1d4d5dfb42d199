/**
 * A generated world as data: what its WIT text says, known without any decoder, and what each of its functions does.
 *
 *   M1  Types are written beside their text, by the generator alone; nothing here went through src/wit's decoder.
 *   M2  What a function does is told by `does` in one way for every language.
 */
import type { Resource, WitType } from "../../../src/wit/types.ts";

/** A type and how the text around it writes it. */
export interface Typed {
  readonly text: string;
  readonly type: WitType;
}

export interface Param extends Typed {
  readonly name: string;
}

/**
 * What an exported function does:
 *   `echo`   gives back its arguments: one as it is, several as a tuple
 *   `via`    passes its arguments to the import and gives back what that answers
 *   others   members and users of a resource (`tally` is the guest's own, `thing` is imported): see `RESOURCE_ACTS`
 */
export type Does =
  | { readonly kind: "echo" }
  | { readonly kind: "via"; readonly interface: string | null; readonly name: string }
  | { readonly kind: "tally"; readonly act: TallyAct }
  | { readonly kind: "thing"; readonly act: ThingAct };

/** A tally holds one u64. */
export type TallyAct =
  | "new" // (start) -> tally
  | "get" // self -> its number
  | "self-echo" // self, x -> x
  | "make" // static (start) -> tally
  | "merge" // static (own, own) -> tally with the sum, modulo 2^64
  | "peek" // borrow -> its number
  | "many" // list of starts -> list of tallies
  | "drain" // list of own -> the sum
  | "pass" // a type with tallies in it, echoed
  | "live"; // how many tallies there are; -1 where the language cannot tell

/** A thing is the host's, and holds one u64. */
export type ThingAct =
  | "make" // (start) -> thing, by the import's constructor
  | "look" // borrow -> its number, by the import's method
  | "merge" // (own, own) -> thing, by the import's static
  | "pass" // own -> own
  | "swallow"; // own ->, dropped in the guest

export interface GeneratedFunction {
  /** As in the binary: `mean`, `[method]tally.get`. */
  readonly name: string;
  readonly resource: string | null;
  readonly shape: "function" | "constructor" | "method" | "static";
  /** With `self`, where there is one. */
  readonly params: readonly Param[];
  readonly result: Typed | null;
  readonly does: Does;
}

/** Names of the members of the resources, which each world chooses. */
export interface GeneratedResource {
  readonly resource: Resource;
  readonly label: string;
}

export interface GeneratedInterface {
  /** As in the binary: `w3:lib/echo@1.0.0`, or a plain name for one that stands in the world. */
  readonly id: string;
  /** `w3:lib@1.0.0`; null for one that stands in the world. */
  readonly package: string | null;
  readonly name: string;
  /** `use` lines and type definitions. */
  readonly lines: readonly string[];
  readonly resource: GeneratedResource | null;
  readonly functions: readonly GeneratedFunction[];
  readonly imported: boolean;
  readonly exported: boolean;
}

export interface GeneratedWorld {
  readonly seed: number;
  readonly number: number;
  readonly interfaces: readonly GeneratedInterface[];
  /** `use` lines and type definitions of the world. */
  readonly lines: readonly string[];
  /** Functions that stand in the world. */
  readonly imports: readonly GeneratedFunction[];
  readonly exports: readonly GeneratedFunction[];
  /** How the component realisation is made. */
  readonly core: CoreChoices;
  /** Whether its imports answer with promises, so that calls may suspend. */
  readonly waits: boolean;
}

export interface CoreChoices {
  readonly encoding: "utf8" | "utf16" | "compact-utf16";
  /** Whether memory is given back after each call; it grows otherwise. */
  readonly postReturn: boolean;
}

/** A function with the place it stands in. */
export interface Placed {
  readonly key: string;
  readonly interface: GeneratedInterface | null;
  readonly fn: GeneratedFunction;
}

export function exportsOf(world: GeneratedWorld): readonly Placed[] {
  return [
    ...world.exports.map((fn) => ({ key: fn.name, interface: null, fn })),
    ...world.interfaces.filter((each) => each.exported).flatMap(placed),
  ];
}

export function importsOf(world: GeneratedWorld): readonly Placed[] {
  return [
    ...world.imports.map((fn) => ({ key: fn.name, interface: null, fn })),
    ...world.interfaces.filter((each) => each.imported).flatMap(placed),
  ];
}

function placed(iface: GeneratedInterface): readonly Placed[] {
  return iface.functions.map((fn) => ({ key: `${iface.id}#${fn.name}`, interface: iface, fn }));
}
