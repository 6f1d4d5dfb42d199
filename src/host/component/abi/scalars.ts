/**
 * Types that are one core value each: how one becomes the other, in memory and as a core value.
 *
 *   C1  A core value may have more bits than its type: those are ignored. A bool is true unless it is 0.
 *   C2  A 64-bit integer is a `number` where that is exact (V2 of value.ts), so most never become a bigint.
 */
import type { WitType } from "../../../wit/types.ts";
import { integer, type Value } from "../../../wit/value.ts";
import type { CoreValue } from "./abi.ts";
import { charOf, codeOf } from "./characters.ts";
import type { FlatType } from "./flat.ts";
import { discriminantSize, flagsSize } from "./layout.ts";
import type { Context } from "./context.ts";
import { NotOfItsType } from "./trap.ts";

export type Load = (cx: Context, at: number) => Value;
export type Store = (cx: Context, at: number, value: Value) => void;

/** The core type of a scalar. */
export function coreOf({ kind }: WitType): FlatType {
  if (kind === "f32" || kind === "f64") return kind;
  return kind === "s64" || kind === "u64" ? "i64" : "i32";
}

/** What a core value says. Null for types that are not scalars. */
export function fromCore(type: WitType): ((core: CoreValue) => Value) | null {
  switch (type.kind) {
    case "bool":
      return (core) => core !== 0;
    case "u8":
      return (core) => (core as number) & 0xff;
    case "u16":
      return (core) => (core as number) & 0xffff;
    case "u32":
      return (core) => (core as number) >>> 0;
    case "s8":
      return (core) => ((core as number) << 24) >> 24;
    case "s16":
      return (core) => ((core as number) << 16) >> 16;
    case "s32":
      return (core) => (core as number) | 0;
    case "s64":
      return (core) => integer(core as bigint);
    case "u64":
      return (core) => integer(BigInt.asUintN(64, core as bigint));
    case "f32":
    case "f64":
      return (core) => core;
    case "char":
      return (core) => charOf((core as number) >>> 0);
    case "enum":
      return caseReader(type.cases.length);
    case "flags": {
      const mask = flagsMask(type.labels.length);
      return (core) => ((core as number) & mask) >>> 0;
    }
    default:
      return null;
  }
}

function caseReader(cases: number): (core: CoreValue) => Value {
  return (core) => caseOf((core as number) >>> 0, cases);
}

/** @throws {NotOfItsType} */
export function caseOf(discriminant: number, cases: number): number {
  if (discriminant < cases) return discriminant;
  throw new NotOfItsType(`case ${discriminant} does not exist: there are ${cases}`);
}

function flagsMask(labels: number): number {
  return labels >= 32 ? -1 : (1 << labels) - 1;
}

/** The core value that says this. Null for types that are not scalars. */
export function toCore(type: WitType): ((value: Value) => CoreValue) | null {
  switch (type.kind) {
    case "bool":
      return (value) => (value === true ? 1 : 0);
    case "s64":
    case "u64":
      return (value) => BigInt(value as number | bigint);
    case "char":
      return (value) => codeOf(value as string);
    default:
      return isPlainNumber(type) ? (value) => value as number : null;
  }
}

/** Whether the value itself is the core value. */
export function isPlainNumber(type: WitType): boolean {
  switch (type.kind) {
    case "u8":
    case "u16":
    case "u32":
    case "s8":
    case "s16":
    case "s32":
    case "f32":
    case "f64":
    case "enum":
    case "flags":
      return true;
    default:
      return false;
  }
}

/** Reads a scalar at `offset` from a pointer. Null for types that are not scalars. */
export function scalarLoad(type: WitType, offset: number): Load | null {
  switch (type.kind) {
    case "bool":
      return (cx, at) => cx.u8[at + offset] !== 0;
    case "u8":
      return (cx, at) => cx.u8[at + offset] as number;
    case "s8":
      return (cx, at) => cx.i8[at + offset] as number;
    case "u16":
      return (cx, at) => cx.u16[(at + offset) >>> 1] as number;
    case "s16":
      return (cx, at) => cx.i16[(at + offset) >>> 1] as number;
    case "u32":
      return (cx, at) => cx.u32[(at + offset) >>> 2] as number;
    case "s32":
      return (cx, at) => cx.i32[(at + offset) >>> 2] as number;
    case "u64":
      return (cx, at) => loadU64(cx, at + offset);
    case "s64":
      return (cx, at) => loadS64(cx, at + offset);
    case "f32":
      return (cx, at) => cx.f32[(at + offset) >>> 2] as number;
    case "f64":
      return (cx, at) => cx.f64[(at + offset) >>> 3] as number;
    case "char":
      return (cx, at) => charOf(cx.u32[(at + offset) >>> 2] as number);
    case "enum": {
      const read = unsignedLoad(discriminantSize(type.cases.length), offset);
      const cases = type.cases.length;
      return (cx, at) => caseOf(read(cx, at), cases);
    }
    case "flags": {
      const read = unsignedLoad(flagsSize(type.labels.length), offset);
      const mask = flagsMask(type.labels.length);
      return (cx, at) => (read(cx, at) & mask) >>> 0;
    }
    default:
      return null;
  }
}

/** Reads an unsigned integer of 1, 2 or 4 bytes. */
export function unsignedLoad(size: 1 | 2 | 4, offset: number): (cx: Context, at: number) => number {
  switch (size) {
    case 1:
      return (cx, at) => cx.u8[at + offset] as number;
    case 2:
      return (cx, at) => cx.u16[(at + offset) >>> 1] as number;
    case 4:
      return (cx, at) => cx.u32[(at + offset) >>> 2] as number;
  }
}

const HIGH = 2 ** 32;
/** Below it the high half leaves 53 bits. */
const SAFE_HIGH = 2 ** 21;

function loadU64(cx: Context, at: number): Value {
  const high = cx.u32[(at >>> 2) + 1] as number;
  return high < SAFE_HIGH ? high * HIGH + (cx.u32[at >>> 2] as number) : (cx.u64[at >>> 3] as bigint);
}

function loadS64(cx: Context, at: number): Value {
  const high = cx.i32[(at >>> 2) + 1] as number;
  const isSafe = high < SAFE_HIGH && high > -SAFE_HIGH;
  return isSafe ? high * HIGH + (cx.u32[at >>> 2] as number) : integer(cx.i64[at >>> 3] as bigint);
}

/** Writes a scalar at `offset` from a pointer. Null for types that are not scalars. */
export function scalarStore(type: WitType, offset: number): Store | null {
  switch (type.kind) {
    case "bool":
      return (cx, at, value) => {
        cx.u8[at + offset] = value === true ? 1 : 0;
      };
    case "s64":
    case "u64":
      return (cx, at, value) => storeWide(cx, at + offset, value as number | bigint);
    case "f32":
      return (cx, at, value) => {
        cx.f32[(at + offset) >>> 2] = value as number;
      };
    case "f64":
      return (cx, at, value) => {
        cx.f64[(at + offset) >>> 3] = value as number;
      };
    case "char":
      return (cx, at, value) => {
        cx.u32[(at + offset) >>> 2] = codeOf(value as string);
      };
    default: {
      const size = integerSize(type);
      return size === null ? null : (integerStore(size, offset) as Store);
    }
  }
}

function integerSize(type: WitType): 1 | 2 | 4 | null {
  switch (type.kind) {
    case "u8":
    case "s8":
      return 1;
    case "u16":
    case "s16":
      return 2;
    case "u32":
    case "s32":
      return 4;
    case "enum":
      return discriminantSize(type.cases.length);
    case "flags":
      return flagsSize(type.labels.length);
    default:
      return null;
  }
}

/** Writes an integer of 1, 2 or 4 bytes; its sign is in its bits. */
export function integerStore(size: 1 | 2 | 4, offset: number): (cx: Context, at: number, value: number) => void {
  switch (size) {
    case 1:
      return (cx, at, value) => {
        cx.u8[at + offset] = value;
      };
    case 2:
      return (cx, at, value) => {
        cx.u16[(at + offset) >>> 1] = value;
      };
    case 4:
      return (cx, at, value) => {
        cx.u32[(at + offset) >>> 2] = value;
      };
  }
}

function storeWide(cx: Context, at: number, value: number | bigint): void {
  if (typeof value === "bigint") {
    cx.i64[at >>> 3] = value;
    return;
  }
  cx.u32[at >>> 2] = value;
  cx.i32[(at >>> 2) + 1] = Math.floor(value / HIGH);
}
