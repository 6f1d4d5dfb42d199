/**
 * The type of a function as text: its structure without the names of fields, cases and aliases, which decide nothing about
 * how values cross. A guest writes down the types of what it imports by itself, so they are compared before they are used.
 */
import type { Resource, WitFunction, WitType } from "../../../wit/types.ts";
import { isWasi } from "./interfaces.ts";

const forms = new WeakMap<WitFunction, string>();

/** `borrow<output-stream>, list<u8> => result<_, variant<own<error>, _>>`; written once per function, not per instance. */
export function formOf(fn: WitFunction): string {
  const known = forms.get(fn);
  if (known !== undefined) return known;
  const form = functionForm(fn);
  forms.set(fn, form);
  return form;
}

function functionForm({ params, result, async }: WitFunction): string {
  const given = params.map(({ type }) => typeForm(type)).join(", ");
  return `${async ? "async " : ""}${given}${given === "" ? "" : " "}=> ${typeForm(result)}`;
}

function typeForm(type: WitType | null): string {
  if (type === null) return "_";
  switch (type.kind) {
    case "list":
      return `list<${typeForm(type.element)}${type.length === undefined ? "" : `, ${type.length}`}>`;
    case "map":
      return all("map", [type.key, type.value]);
    case "tuple":
      return all("tuple", type.items);
    case "record":
      return all(
        "record",
        type.fields.map((field) => field.type),
      );
    case "variant":
      return all(
        "variant",
        type.cases.map((each) => each.type),
      );
    case "option":
      return all("option", [type.some]);
    case "result":
      return all("result", [type.ok, type.err]);
    case "own":
    case "borrow":
      return `${type.kind}<${resourceForm(type.resource)}>`;
    case "stream":
    case "future":
      return all(type.kind, [type.element]);
    default:
      return type.kind;
  }
}

function all(kind: string, parts: readonly (WitType | null)[]): string {
  return `${kind}<${parts.map(typeForm).join(", ")}>`;
}

/** A resource that somebody else declares is none of WASI's, whatever its name. */
function resourceForm({ name: { interface: id, name } }: Resource): string {
  return id !== null && isWasi(id) ? name : `${id ?? ""}#${name}`;
}
