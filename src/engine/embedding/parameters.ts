/** `--param NAME=VALUE`: the text of a value, read by the type the program declares. */
import { Fault } from "../../fault.ts";
import type { Param } from "../../lang/typed.ts";
import type { Type } from "../../lang/types.ts";
import type { Value } from "../../wit/value.ts";
import { fromPlain } from "./plain.ts";
import type { Plain } from "./plain.ts";

/** Texts as given, `NAME=VALUE`. @throws {Fault} `bad-param`: unknown or missing name, or a text that does not fit. */
export function paramsFromTexts(params: readonly Param[], texts: readonly string[]): readonly Value[] {
  const given = new Map(texts.map(splitPair));
  return fill(params, given, (param, text) => fromText(param.type, text, param.name));
}

/** Plain JavaScript values by name. */
export function paramsFromPlain(params: readonly Param[], given: Readonly<Record<string, Plain>>): readonly Value[] {
  return fill(params, new Map(Object.entries(given)), (param, value) => fromPlain(param.type, value, param.name));
}

function fill<T>(
  params: readonly Param[],
  given: ReadonlyMap<string, T>,
  read: (param: Param, value: T) => Value,
): readonly Value[] {
  const names = params.map((param) => param.name);
  for (const name of given.keys()) {
    if (names.includes(name)) continue;
    const hint = names.length === 0 ? "This program has no `param`s" : `It has ${names.join(", ")}`;
    throw new Fault("bad-param", `The program has no param \`${name}\``, { hint });
  }
  return params.map((param) => {
    const value = given.get(param.name);
    if (value !== undefined) return read(param, value);
    if (param.required) {
      throw new Fault("bad-param", `The program needs the param \`${param.name}\``, {
        hint: `Add \`--param ${param.name}=…\``,
      });
    }
    return param.fallback;
  });
}

function splitPair(text: string): [string, string] {
  const at = text.indexOf("=");
  if (at <= 0) throw new Fault("bad-param", `\`${text}\` is not NAME=VALUE`, { hint: "Write --param n=3" });
  return [text.slice(0, at), text.slice(at + 1)];
}

/** A String is the text itself; a Duration as in a program (`10s`); everything else is JSON. */
function fromText(type: Type, text: string, name: string): Value {
  if (type.kind === "String" || type.kind === "Char") return fromPlain(type, text, name);
  if (type.kind === "option") return text === "nil" ? null : fromText(type.some, text, name);
  if (type.kind === "enum") return fromPlain(type, text, name);
  if (type.kind === "Duration") return duration(text, name);
  if (type.kind === "Int" && /^[+-]?\d+$/.test(text)) return fromPlain(type, BigInt(text), name);
  if (type.kind === "Float" && /^[+-]?(inf|nan)$/.test(text)) {
    return text.endsWith("nan") ? Number.NaN : text.startsWith("-") ? -Infinity : Infinity;
  }
  return fromPlain(type, parseJson(text, name), name);
}

function parseJson(text: string, name: string): Plain {
  try {
    return JSON.parse(text) as Plain;
  } catch {
    throw new Fault("bad-param", `The value of \`${name}\` cannot be read: ${text}`, {
      hint: 'Write numbers and JSON as they are, such as 3, true, [1, 2] or {"a": 1}',
    });
  }
}

const UNITS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, m: 6e10, h: 3.6e12, d: 8.64e13 };

function duration(text: string, name: string): Value {
  const parts = /^(\d+(?:\.\d+)?)(ns|us|ms|s|m|h|d)$/.exec(text);
  const unit = UNITS[parts?.[2] ?? ""];
  if (parts === null || unit === undefined) {
    throw new Fault("bad-param", `The value of \`${name}\` is no duration: ${text}`, {
      hint: "Write 250ms, 10s or 1.5h",
    });
  }
  return fromPlain({ kind: "Duration" }, BigInt(Math.round(Number(parts[1]) * unit)), name);
}
