/** Where two values of one type part, for people: `.fields[3].ok: -0 came for 0`. */
import { equalValues } from "../../../src/wit/equal.ts";
import { integer } from "../../../src/wit/value.ts";
import type { WitType } from "../../../src/wit/types.ts";
import { CaseValue, Some, type Value } from "../../../src/wit/value.ts";
import { show } from "./values.ts";

/** Undefined when there is no difference. */
export function difference(type: WitType, got: Value, wanted: Value): string | undefined {
  return equalValues(type, got, wanted) ? undefined : (inside(type, got, wanted) ?? here(got, wanted));
}

function here(got: Value, wanted: Value): string {
  return `: ${show(got)} came for ${show(wanted)}`;
}

/** The first part that differs; undefined when the whole does. */
function inside(type: WitType, got: Value, wanted: Value): string | undefined {
  switch (type.kind) {
    case "list":
      return among(
        elements(got),
        elements(wanted),
        () => type.element,
        (at) => `[${at}]`,
      );
    case "tuple":
      return among(
        got,
        wanted,
        (at) => type.items[at],
        (at) => `.${at}`,
      );
    case "record":
      return among(
        got,
        wanted,
        (at) => type.fields[at]?.type,
        (at) => `.${type.fields[at]?.name}`,
      );
    case "map": {
      if (!(got instanceof Map) || !(wanted instanceof Map)) return undefined;
      const entry: WitType = { kind: "tuple", items: [type.key, type.value] };
      return among(
        [...(got as Map<Value, Value>)],
        [...(wanted as Map<Value, Value>)],
        () => entry,
        (at) => `{${at}}`,
      );
    }
    case "option":
      if (got instanceof Some && wanted instanceof Some) return step("?", type.some, got.value, wanted.value);
      return got === null || wanted === null ? undefined : inside(type.some, got, wanted);
    case "result":
    case "variant": {
      if (!(got instanceof CaseValue) || !(wanted instanceof CaseValue) || got.index !== wanted.index) return undefined;
      const part = type.kind === "result" ? [type.ok, type.err][got.index] : type.cases[got.index]?.type;
      return part === null || part === undefined ? undefined : step(`#${got.index}`, part, got.payload, wanted.payload);
    }
    default:
      return undefined;
  }
}

function elements(value: Value): Value {
  return ArrayBuffer.isView(value)
    ? Array.from(value as Iterable<number | bigint>, (each) => (typeof each === "bigint" ? integer(each) : each))
    : value;
}

function among(
  got: Value,
  wanted: Value,
  type: (at: number) => WitType | undefined,
  name: (at: number) => string,
): string | undefined {
  if (!Array.isArray(got) || !Array.isArray(wanted) || got.length !== wanted.length) return undefined;
  for (const [at, one] of (got as readonly Value[]).entries()) {
    const part = type(at);
    const other = (wanted as readonly Value[])[at] ?? null;
    if (part !== undefined && !equalValues(part, one, other)) return step(name(at), part, one, other);
  }
  return undefined;
}

function step(name: string, type: WitType, got: Value, wanted: Value): string {
  return name + (inside(type, got, wanted) ?? here(got, wanted));
}
