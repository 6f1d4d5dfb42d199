/**
 * Vectors of the canonical ABI and the component that plays them.
 *
 *   Lifts    core values (and bytes of memory) that stand for a value, or for a trap: as an import's argument and, where
 *            the ABI lets it, as an export's result.
 *   Lowers   a value and the core values (and bytes) that it becomes: as an export's argument and as an import's answer.
 *
 * One component plays a whole table; each vector has functions of its own there.
 */
import type { StringEncoding } from "../../../src/host/component/abi/abi.ts";
import type { WitType } from "../../../src/wit/types.ts";
import type { Value } from "../../../src/wit/value.ts";
import type { Session } from "./harness.ts";
import { flatten, layoutOf, MOST_FLAT_PARAMS, type CoreType } from "./layout.ts";
import { TypeText } from "./types.ts";

/** How a lift ends when the core values stand for nothing. Both are a trap to the specification. */
export type Refusal = "plugin-invalid-value" | "plugin-trapped";

export class Refused {
  readonly code: Refusal;
  constructor(code: Refusal) {
    this.code = code;
  }
}

export const INVALID: Refused = new Refused("plugin-invalid-value");
export const TRAPPED: Refused = new Refused("plugin-trapped");

export interface Lift {
  readonly name: string;
  readonly type: WitType;
  /** The core values, as their bits; absent where only `stored` is of interest. */
  readonly core?: readonly (number | bigint)[];
  /** Bytes that memory begins with. */
  readonly memory?: readonly number[];
  /** The value as it lies in memory, for a result that does not fit one core value. Made from `core` for lists and strings. */
  readonly stored?: readonly number[];
  readonly expect: Value | Refused;
}

export interface Lower {
  readonly name: string;
  readonly type: WitType;
  readonly value: Value;
  /** The core values, as their bits; null for one that may be anything. */
  readonly core: readonly (number | bigint | null)[];
  /** Bytes in memory: behind a pointer that is the nth core value. */
  readonly bytes?: { readonly behind: number; readonly are: readonly number[] };
}

export interface Vectors {
  readonly encoding: StringEncoding;
  readonly lifts: readonly Lift[];
  readonly lowers: readonly Lower[];
}

const HOST = "t:vectors/host";
const STORED = 1024;
const ANSWER = 2048;
const OBSERVED = 3072;
const HEAP = 4096;

/** What an import takes and an export gives, by the vector's place in its table. */
export const keyOf = {
  take: (at: number): string => `${HOST}#take${at}`,
  give: (at: number): string => `${HOST}#give${at}`,
  argument: (at: number): string => `lift-argument${at}`,
  result: (at: number): string => `lift-result${at}`,
  lowered: (at: number): string => `lower-argument${at}`,
  answered: (at: number): string => `lower-answer${at}`,
};

export function argumentSession(at: number): Session {
  return { calls: [{ key: keyOf.argument(at) }] };
}

export function resultSession(at: number): Session {
  return { calls: [{ key: keyOf.result(at) }] };
}

/** After the call, the memory that it filled is read back. */
export function loweredSession(at: number, { value }: Lower): Session {
  return { calls: [{ key: keyOf.lowered(at), args: [value] }, READ] };
}

export function answeredSession(at: number, { value }: Lower): Session {
  return { calls: [{ key: keyOf.answered(at) }, READ], answers: { [keyOf.give(at)]: [value] } };
}

/** The whole of what was given out by then, from the answer area on. */
const READ = { key: "read", args: [] };

/** Where `read` begins. */
export const READ_FROM: number = ANSWER;

export function isArgument(lift: Lift): boolean {
  return lift.core !== undefined;
}

/** Whether the vector can stand as a result: one core value, or bytes in memory. */
export function isResult(lift: Lift): boolean {
  return storedOf(lift) !== undefined || (lift.core !== undefined && flatten(lift.type).length === 1);
}

function storedOf({ type, core, stored }: Lift): readonly number[] | undefined {
  if (stored !== undefined) return stored;
  const inMemory = type.kind === "string" || type.kind === "map" || (type.kind === "list" && type.length === undefined);
  return inMemory && core !== undefined ? core.flatMap((each) => wordBytes(Number(each))) : undefined;
}

function wordBytes(word: number): number[] {
  return [0, 8, 16, 24].map((shift) => (word >>> shift) & 0xff);
}

export function vectorComponent({ encoding, lifts, lowers }: Vectors): string {
  const host = new TypeText();
  const parts = [
    ...lifts.flatMap((lift, at) => [
      ...(isArgument(lift) ? [argumentPart(lift, at, host)] : []),
      ...(isResult(lift) ? [resultPart(lift, at, host)] : []),
    ]),
    ...lowers.flatMap((lower, at) => [loweredPart(lower, at, host), answeredPart(lower, at, host)]),
  ];
  const options = `string-encoding=${encoding} (memory $memory) (realloc $realloc)`;
  return `(component
    (import "${HOST}" (instance $host ${host.definitions.join("\n")} ${parts.map((each) => each.imported ?? "").join("\n")}))
    ${host.names.map((name) => `(alias export $host "${name}" (type $${name}))`).join("\n")}
    ${LIBC}
    ${parts.map((each) => lowering(each, options)).join("\n")}
    (core module $main
      (import "libc" "memory" (memory 1))
      ${parts.map((each) => each.coreImport ?? "").join("\n")}
      ${parts.map((each) => each.core).join("\n")}
      (func (export "read") (result i32)
        (i32.store (i32.const 0) (i32.const ${READ_FROM}))
        (i32.store (i32.const 4) (i32.const ${HEAP - READ_FROM + 1024}))
        (i32.const 0)))
    (core instance $main (instantiate $main
      (with "libc" (instance $libc))
      (with "host" (instance ${parts.map(({ name }) => (name === undefined ? "" : `(export "${name}" (func $${name}))`)).join(" ")}))))
    ${parts.map((each) => `(func (export "${each.exported}") ${each.type} (canon lift (core func $main "${each.exported}") ${options}))`).join("\n")}
    (func (export "read") (result (list u8)) (canon lift (core func $main "read") ${options})))`;
}

/** Memory, and a realloc that gives it out upwards. */
export const LIBC: string = `
    (core module $libc
      (memory (export "memory") 1)
      (global $next (mut i32) (i32.const ${HEAP}))
      (func (export "realloc") (param $old i32) (param $was i32) (param $align i32) (param $size i32) (result i32)
        (local $at i32)
        (local.set $at (i32.and (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
          (i32.sub (i32.const 0) (local.get $align))))
        (memory.copy (local.get $at) (local.get $old)
          (select (local.get $was) (local.get $size) (i32.lt_u (local.get $was) (local.get $size))))
        (global.set $next (i32.add (local.get $at) (local.get $size)))
        (local.get $at)))
    (core instance $libc (instantiate $libc))
    (alias core export $libc "memory" (core memory $memory))
    (alias core export $libc "realloc" (core func $realloc))`;

/** What one way of playing one vector adds to the component. */
interface Part {
  readonly exported: string;
  /** The export's parameters and result. */
  readonly type: string;
  readonly core: string;
  /** Of an import: its short name, its declaration, and its core import. */
  readonly name?: string;
  readonly imported?: string;
  readonly coreImport?: string;
}

function lowering({ name }: Part, options: string): string {
  return name === undefined ? "" : `(core func $${name} (canon lower (func $host "${name}") ${options}))`;
}

function argumentPart({ type, core = [], memory = [] }: Lift, at: number, host: TypeText): Part {
  const flat = paramsOf(type);
  const name = `take${at}`;
  return {
    exported: keyOf.argument(at),
    type: "",
    name,
    imported: `(export "${name}" (func (param "x" ${host.of(type)})))`,
    coreImport: `(import "host" "${name}" (func $${name} (param ${flat.join(" ")})))`,
    core: `${data(`${name}-bytes`, memory)} (func (export "${keyOf.argument(at)}")
      ${filled(`${name}-bytes`, 0, memory)} (call $${name} ${flat.map((each, i) => constant(each, core[i] ?? 0)).join(" ")}))`,
  };
}

function resultPart(lift: Lift, at: number, host: TypeText): Part {
  const { type, core = [], memory = [] } = lift;
  const stored = storedOf(lift);
  const name = `result${at}`;
  const flat = flatten(type);
  const answer = stored === undefined ? constant(flat[0] ?? "i32", core[0] ?? 0) : `(i32.const ${STORED})`;
  return {
    exported: keyOf.result(at),
    type: `(result ${host.of(type)})`,
    core: `${data(`${name}-bytes`, memory)} ${data(`${name}-stored`, stored ?? [])}
      (func (export "${keyOf.result(at)}") (result ${stored === undefined ? flat[0] : "i32"})
        ${filled(`${name}-bytes`, 0, memory)} ${filled(`${name}-stored`, STORED, stored ?? [])} ${answer})`,
  };
}

function loweredPart({ type }: Lower, at: number, host: TypeText): Part {
  const flat = paramsOf(type);
  return {
    exported: keyOf.lowered(at),
    type: `(param "x" ${host.of(type)}) (result (list u64))`,
    core: `(func (export "${keyOf.lowered(at)}") (param ${flat.join(" ")}) (result i32)
      ${flat.map((each, i) => observe(i, asBits(each, `(local.get ${i})`))).join(" ")}
      ${observed(flat.length)})`,
  };
}

function answeredPart({ type }: Lower, at: number, host: TypeText): Part {
  const flat = flatten(type);
  const name = `give${at}`;
  const pointed = flat.length > 1;
  const call = pointed
    ? `(call $${name} (i32.const ${ANSWER})) ${observe(0, `(i64.const ${ANSWER})`)}`
    : observe(0, asBits(flat[0] ?? "i32", `(call $${name})`));
  return {
    exported: keyOf.answered(at),
    type: "(result (list u64))",
    name,
    imported: `(export "${name}" (func (result ${host.of(type)})))`,
    coreImport: `(import "host" "${name}" (func $${name} ${pointed ? "(param i32)" : `(result ${flat[0]})`}))`,
    core: `(func (export "${keyOf.answered(at)}") (result i32) ${call} ${observed(1)})`,
  };
}

function paramsOf(type: WitType): readonly CoreType[] {
  const flat = flatten(type);
  return flat.length > MOST_FLAT_PARAMS ? ["i32"] : flat;
}

/** Whether the type's core form is a pointer to it. */
export function isSpilled(type: WitType): boolean {
  return flatten(type).length > MOST_FLAT_PARAMS;
}

export function sizeOf(type: WitType): number {
  return layoutOf(type).size;
}

/** A core constant of these bits. */
function constant(type: CoreType, bits: number | bigint): string {
  switch (type) {
    case "i32":
    case "i64":
      return `(${type}.const ${bits})`;
    case "f32":
      return `(f32.reinterpret_i32 (i32.const ${bits}))`;
    case "f64":
      return `(f64.reinterpret_i64 (i64.const ${bits}))`;
  }
}

function asBits(type: CoreType, core: string): string {
  switch (type) {
    case "i32":
      return `(i64.extend_i32_u ${core})`;
    case "i64":
      return core;
    case "f32":
      return `(i64.extend_i32_u (i32.reinterpret_f32 ${core}))`;
    case "f64":
      return `(i64.reinterpret_f64 ${core})`;
  }
}

function observe(at: number, bits: string): string {
  return `(i64.store (i32.const ${OBSERVED + 8 * at}) ${bits})`;
}

/** The list of what was observed, as an export's answer. */
function observed(count: number): string {
  return `(i32.store (i32.const 0) (i32.const ${OBSERVED})) (i32.store (i32.const 4) (i32.const ${count})) (i32.const 0)`;
}

function data(name: string, bytes: readonly number[]): string {
  if (bytes.length === 0) return "";
  return `(data $${name} "${bytes.map((byte) => `\\${byte.toString(16).padStart(2, "0")}`).join("")}")`;
}

function filled(name: string, at: number, bytes: readonly number[]): string {
  if (bytes.length === 0) return "";
  return `(memory.init $${name} (i32.const ${at}) (i32.const 0) (i32.const ${bytes.length}))`;
}
