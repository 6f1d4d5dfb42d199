/**
 * The signatures of prelude.ts, read once: each an overload whose type parameters are single capital letters.
 *
 *   signature = type | "(" [param {"," param}] ")" "->" type ;   param = NAME ["?"] ":" type ;
 */
import { effectNode } from "./effects.ts";
import { builtinTypes } from "./types.ts";
import { listOf, optionOf } from "./infer-types.ts";
import type { Ty } from "./infer-types.ts";
import { prelude } from "../prelude.ts";
import type { EffectRow } from "../typed.ts";
import type { RecordType } from "../types.ts";
import { Defect } from "../../fault.ts";

/** What `webhook()` gives. */
export const webhookType: RecordType = {
  kind: "record",
  id: "sennit:Webhook",
  name: "Webhook",
  fields: [{ name: "url", type: { kind: "String" } }],
};

/** A type with type parameters, made anew for each call. */
export type Schema = (parameters: ReadonlyMap<string, Ty>) => Ty;

export interface Overload {
  readonly params: readonly { readonly name: string; readonly optional: boolean; readonly schema: Schema }[];
  readonly result: Schema;
  /** In order of first appearance. */
  readonly parameters: readonly string[];
  readonly row: EffectRow;
  readonly text: string;
}

export interface Signature {
  /** A constant: `pi`. */
  readonly isConstant: boolean;
  readonly overloads: readonly Overload[];
}

const read = new Map<string, Signature>();

export function signatureOf(name: string): Signature {
  const known = read.get(name);
  if (known !== undefined) return known;
  const entry = prelude[name];
  if (entry === undefined) throw new Defect(`\`${name}\` is not in the prelude`);
  const overloads = entry.signatures.map((text, i) => new SignatureReader(text).overload(entry.rows?.[i] ?? entry.row));
  const signature = { isConstant: !entry.signatures.some((text) => text.startsWith("(")), overloads };
  read.set(name, signature);
  return signature;
}

class SignatureReader {
  readonly #text: string;
  readonly #tokens: readonly string[];
  #at = 0;
  readonly #parameters: string[] = [];

  constructor(text: string) {
    this.#text = text;
    this.#tokens = text.match(/->|\w+|\S/g) ?? [];
  }

  overload(row: EffectRow): Overload {
    const params = this.#peek() === "(" ? this.#params() : [];
    if (this.#peek() === "->") this.#at += 1;
    const result = this.#type();
    return { params, result, parameters: this.#parameters, row, text: this.#text };
  }

  #peek(): string {
    return this.#tokens[this.#at] ?? "";
  }

  #eat(token: string): boolean {
    if (this.#peek() !== token) return false;
    this.#at += 1;
    return true;
  }

  #expect(token: string): void {
    if (!this.#eat(token)) throw new Defect(`Bad signature ${this.#text}: expected ${token}`);
  }

  #next(): string {
    this.#at += 1;
    return this.#tokens[this.#at - 1] ?? "";
  }

  #params(): Overload["params"] {
    this.#expect("(");
    const params: { name: string; optional: boolean; schema: Schema }[] = [];
    while (!this.#eat(")")) {
      const name = this.#next();
      const optional = this.#eat("?");
      this.#expect(":");
      params.push({ name, optional, schema: this.#type() });
      this.#eat(",");
    }
    return params;
  }

  #type(): Schema {
    let type = this.#plain();
    while (this.#eat("?")) type = optional(type);
    return type;
  }

  #list(close: string): Schema[] {
    const types: Schema[] = [];
    while (!this.#eat(close)) {
      types.push(this.#type());
      this.#eat(",");
    }
    return types;
  }

  #plain(): Schema {
    if (this.#eat("[")) return this.#listType();
    if (this.#eat("(")) return tuple(this.#list(")"));
    const name = this.#next();
    if (name === "fn") return this.#fn();
    if (name === "Map") {
      this.#expect("<");
      return map(this.#list(">"));
    }
    if (name === "Webhook") return () => webhookType;
    return /^[A-Z]$/.test(name) ? this.#parameter(name) : this.#builtin(name);
  }

  #listType(): Schema {
    const element = this.#type();
    this.#expect("]");
    return (p) => listOf(element(p));
  }

  #fn(): Schema {
    this.#expect("(");
    const params = this.#list(")");
    this.#expect("->");
    const result = this.#type();
    return (p) => ({ kind: "fn", params: params.map((param) => param(p)), result: result(p), effect: effectNode() });
  }

  #parameter(name: string): Schema {
    if (!this.#parameters.includes(name)) this.#parameters.push(name);
    return (p) => {
      const ty = p.get(name);
      if (ty === undefined) throw new Defect(`No type for ${name} of ${this.#text}`);
      return ty;
    };
  }

  #builtin(name: string): Schema {
    const ty = builtinTypes.get(name);
    if (ty === undefined) throw new Defect(`Bad signature ${this.#text}: no type ${name}`);
    return () => ty;
  }
}

function optional(type: Schema): Schema {
  return (p) => optionOf(type(p));
}

function tuple(types: readonly Schema[]): Schema {
  return (p) => ({ kind: "tuple", items: types.map((type) => type(p)) });
}

function map([key, value]: readonly Schema[]): Schema {
  if (key === undefined || value === undefined) throw new Defect("A Map has two types");
  return (p) => ({ kind: "map", key: key(p), value: value(p) });
}
