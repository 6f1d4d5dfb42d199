/**
 * The grammar of names in components. Names reach messages, file names and generated code, so nothing that the grammar
 * does not know gets past the decoder.
 */
import { WitError } from "./error.ts";

const LABEL = String.raw`[A-Za-z][0-9A-Za-z]*(?:-[0-9A-Za-z]+)*`;
const VERSION = String.raw`[0-9]+(?:\.[0-9]+)*(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?`;

const isLabel = new RegExp(`^${LABEL}$`);
const isInterface = new RegExp(`^${LABEL}(?::${LABEL})+(?:/${LABEL})+(?:@${VERSION})?$`);
const memberName = new RegExp(`^\\[(?:async )?(method|static)\\](${LABEL})\\.(${LABEL})$`);
const constructorName = new RegExp(`^\\[constructor\\](${LABEL})$`);
const asyncName = new RegExp(`^\\[async\\](${LABEL})$`);

/** What the name of a function says about it. */
export interface FunctionName {
  readonly shape: "function" | "constructor" | "method" | "static";
  /** The name of the resource the function belongs to. */
  readonly resource: string | null;
}

/** A kebab-case name: of a field, case, flag, parameter, type. */
export function checkLabel(name: string, offset: number): string {
  if (!isLabel.test(name)) throw new WitError("malformed", `${quote(name)} is not a kebab-case name`, offset);
  return name;
}

/** The name of an interface: `acme:shapes/geometry@1.0.0`, or a plain name. */
export function checkInterfaceName(name: string, offset: number): string {
  if (isInterface.test(name)) return name;
  return checkLabel(name, offset);
}

/** Reads `[method]counter.inc` and its like. */
export function parseFunctionName(name: string, offset: number): FunctionName {
  if (isLabel.test(name) || asyncName.test(name)) return { shape: "function", resource: null };
  const constructs = constructorName.exec(name)?.[1];
  if (constructs !== undefined) return { shape: "constructor", resource: constructs };
  const [, shape, resource] = memberName.exec(name) ?? [];
  if (shape === undefined || resource === undefined) {
    throw new WitError("malformed", `${quote(name)} is not the name of a function`, offset);
  }
  return { shape: shape === "method" ? "method" : "static", resource };
}

/**
 * Equal for two names that may not stand in one scope: those that differ only in the case of their letters or, but for
 * constructors, in their annotation.
 */
export function collisionKey(name: string): string {
  const bare = name.startsWith("[constructor]") ? name : name.replace(/^\[[^\]]*\]/, "");
  return bare.toLowerCase();
}

/** Refuses a list of labels that has one twice. */
export function checkDistinct(names: readonly string[], what: string, offset: number): void {
  const seen = new Set<string>();
  for (const name of names) {
    const key = collisionKey(name);
    if (seen.has(key)) throw new WitError("malformed", `The ${what} ${quote(name)} is there twice`, offset);
    seen.add(key);
  }
}

/** A name from untrusted bytes, fit for a message. */
export function quote(name: string): string {
  const short = name.length > 80 ? `${name.slice(0, 80)}…` : name;
  return `\`${short.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, "\ufffd")}\``;
}
