/** Values as JSON, by their type and without loss: how they travel to Wasmtime and back (wasmtime-driver.py). */
import type { WitType } from "../../../src/wit/types.ts";
import { CaseValue, Handle, integer, isNullable, Some, type Value } from "../../../src/wit/value.ts";

export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain };

export function toPlain(type: WitType, value: Value): Plain {
  switch (type.kind) {
    case "bool":
    case "char":
    case "string":
    case "enum":
      return value as Plain;
    case "f32":
    case "f64":
      return bitsOf(type.kind, value as number);
    case "list":
      return [...(value as Iterable<Value>)].map((each) => toPlain(type.element, each));
    case "tuple":
      return type.items.map((each, at) => toPlain(each, (value as readonly Value[])[at] ?? null));
    case "record":
      return type.fields.map((each, at) => toPlain(each.type, (value as readonly Value[])[at] ?? null));
    case "option":
      return value === null ? null : { some: toPlain(type.some, value instanceof Some ? value.value : value) };
    case "result":
    case "variant": {
      const { index, payload } = value as CaseValue;
      const inner = payloadType(type, index);
      return { case: index, value: inner === null ? null : toPlain(inner, payload) };
    }
    case "own":
    case "borrow":
      return { handle: (value as Handle).id };
    default:
      return String(value as number | bigint);
  }
}

export function fromPlain(type: WitType, plain: Plain): Value {
  switch (type.kind) {
    case "bool":
    case "char":
    case "string":
    case "enum":
      return plain as Value;
    case "f32":
    case "f64":
      return floatOf(type.kind, plain as string);
    case "list":
      return fromPlainList(type.element, plain as readonly Plain[]);
    case "tuple":
      return type.items.map((each, at) => fromPlain(each, (plain as readonly Plain[])[at] ?? null));
    case "record":
      return type.fields.map((each, at) => fromPlain(each.type, (plain as readonly Plain[])[at] ?? null));
    case "option": {
      if (plain === null) return null;
      const some = fromPlain(type.some, (plain as { some: Plain }).some);
      return isNullable(type.some) ? new Some(some) : some;
    }
    case "result":
    case "variant": {
      const { case: index, value } = plain as { case: number; value: Plain };
      const inner = payloadType(type, index);
      return new CaseValue(index, inner === null ? null : fromPlain(inner, value));
    }
    case "own":
    case "borrow":
      return new Handle(0, (plain as { handle: number }).handle);
    case "flags":
      return Number(plain);
    default:
      return integer(BigInt(plain as string));
  }
}

function fromPlainList(element: WitType, plain: readonly Plain[]): Value {
  const items = plain.map((each) => fromPlain(element, each));
  return element.kind === "u8" ? Uint8Array.from(items as number[]) : items;
}

function payloadType(type: Extract<WitType, { kind: "result" | "variant" }>, index: number): WitType | null {
  return type.kind === "variant" ? (type.cases[index]?.type ?? null) : index === 0 ? type.ok : type.err;
}

function bitsOf(kind: "f32" | "f64", value: number): string {
  if (Number.isNaN(value)) return "nan";
  const view = new DataView(new ArrayBuffer(8));
  if (kind === "f32") view.setFloat32(0, value);
  else view.setFloat64(0, value);
  return Buffer.from(view.buffer, 0, kind === "f32" ? 4 : 8).toString("hex");
}

function floatOf(kind: "f32" | "f64", hex: string): number {
  if (hex === "nan") return Number.NaN;
  const bytes = Buffer.from(hex, "hex");
  return kind === "f32" ? bytes.readFloatBE() : bytes.readDoubleBE();
}
