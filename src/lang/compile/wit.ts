/** WIT types as types of the language: for error values, whose type no expression of the program states. */
import type { TypeName, WitType } from "../../wit/types.ts";
import type { Type } from "../types.ts";

const snake = (name: string): string => name.replaceAll("-", "_");

function idOf(name: TypeName | null): string {
  return name === null ? "" : name.interface === null ? name.name : `${name.interface}#${name.name}`;
}

export function typeOfWit(wit: WitType): Type {
  switch (wit.kind) {
    case "bool":
      return { kind: "Bool" };
    case "f32":
    case "f64":
      return { kind: "Float" };
    case "char":
      return { kind: "Char" };
    case "string":
      return { kind: "String" };
    case "error-context":
      return { kind: "Any" };
    case "list":
      return wit.element.kind === "u8" ? { kind: "Bytes" } : { kind: "list", element: typeOfWit(wit.element) };
    case "map":
      return { kind: "map", key: typeOfWit(wit.key), value: typeOfWit(wit.value) };
    case "tuple":
      return { kind: "tuple", items: wit.items.map(typeOfWit) };
    case "option":
      return { kind: "option", some: typeOfWit(wit.some) };
    case "result":
      return { kind: "result", ok: orNil(wit.ok), err: orNil(wit.err) };
    case "record":
    case "variant":
    case "enum":
    case "flags":
      return named(wit);
    case "own":
    case "borrow": {
      const { name } = wit.resource;
      return { kind: "resource", id: idOf(name), name: snake(name.name), resource: wit.resource };
    }
    case "stream":
    case "future":
      return { kind: wit.kind, element: orNil(wit.element) };
    default:
      return { kind: "Int" };
  }
}

function orNil(wit: WitType | null): Type {
  return wit === null ? { kind: "Nil" } : typeOfWit(wit);
}

function named(wit: Extract<WitType, { kind: "record" | "variant" | "enum" | "flags" }>): Type {
  const id = idOf(wit.name);
  const name = snake(wit.name?.name ?? "");
  switch (wit.kind) {
    case "record":
      return {
        kind: "record",
        id,
        name,
        fields: wit.fields.map((f) => ({ name: snake(f.name), type: typeOfWit(f.type) })),
      };
    case "variant": {
      const cases = wit.cases.map((c) => ({
        name: snake(c.name),
        payload: c.type === null ? null : typeOfWit(c.type),
      }));
      return { kind: "variant", id, name, cases };
    }
    case "enum":
      return { kind: "enum", id, name, cases: wit.cases.map(snake) };
    case "flags":
      return { kind: "flags", id, name, labels: wit.labels.map(snake) };
  }
}
