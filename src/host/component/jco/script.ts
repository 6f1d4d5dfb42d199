/**
 * The generated script, made a function in a scope of our choosing.
 *
 *   S1  The script sees none of the host's globals that it does not need. In particular no `process`: reading
 *       `process.env`, as its tracing does on every call, costs more than the call itself.
 *   S2  Its text decoders refuse what is not UTF-8 and keep a leading U+FEFF; the platform's defaults do neither.
 *   S3  Nothing a guest's data says can make the script's own error handling fail.
 *   S4  Its text encoder writes all that there is room for; that of Node 26 does not.
 *   S5  Each instance has a scope of its own, with its own budget for what is lifted.
 */
import { Defect } from "../../../fault.ts";
import type { Lifting } from "./lifting.ts";
import { repaired, repairScope } from "./repair.ts";

/** What the generated script exports. `imports` is keyed by interface id. */
export type Instantiate = (
  core: (name: string) => WebAssembly.Module,
  imports: Record<string, unknown>,
  instantiateCore: (module: WebAssembly.Module, imports?: WebAssembly.Imports) => WebAssembly.Instance,
) => Promise<Record<string, unknown>> | Record<string, unknown>;

/** The script's `instantiate` for one instance (S5). */
export type BuildScript = (lifting: Lifting) => Instantiate;

/** Compiles the text of a function expression; the platform's way of doing it may keep a code cache. */
export type CompileScript = (functionText: string) => unknown;

/** The text of a function expression over the names of its scope that gives the script's `instantiate`. */
export function functionText(script: string): string {
  const body = repaired(script)
    .replace(/^export function instantiate\b/m, "function instantiate")
    .replace(/^export const _util\b/m, "const _util")
    .replaceAll("import.meta.url", '"about:blank"');
  if (/^(?:import|export)\b/m.test(body)) throw new Defect("jco's script has a form that is not known here");
  return `(function (${[...Object.keys(shared), ...Object.keys(ownScope)].join(", ")}) { "use strict"; ${body}\nreturn instantiate; })`;
}

/** @throws {SyntaxError} when a name in the component cannot be bound. */
export function evaluate(script: string, compile: CompileScript): BuildScript {
  const build = compile(functionText(script));
  if (typeof build !== "function") throw new Defect("the script's wrapper is not a function");
  return (lifting) => {
    const own = Object.values(ownScope).map((make) => make(lifting));
    return build(...Object.values(shared), ...own) as Instantiate;
  };
}

/** What each instance has for itself (S5). */
const ownScope: Readonly<Record<string, (lifting: Lifting) => unknown>> = {
  TextDecoder: strictDecoder,
  sliceInside: (lifting) => lifting.slice,
  liftList: (lifting) => lifting.list,
  liftMap: (lifting) => lifting.map,
  countHandle: (lifting) => lifting.handle,
  countOwned: (lifting) => lifting.owned,
};

function strictDecoder(lifting: Lifting): new (label?: string) => object {
  return class {
    readonly #decoder: TextDecoder;
    constructor(label = "utf-8") {
      this.#decoder = new TextDecoder(label, { fatal: true, ignoreBOM: true }); // S2
    }
    decode(bytes: Uint8Array<ArrayBuffer>): string {
      lifting.text(bytes.byteLength);
      return this.#decoder.decode(bytes);
    }
  };
}

/** Node's own leaves out a last character of two bytes, of some, that would just fit (S4). */
class WholeTextEncoder extends TextEncoder {
  override encodeInto(text: string, into: Uint8Array): { read: number; written: number } {
    const { read, written } = super.encodeInto(text, into);
    const rest = read < text.length ? this.encode(text.slice(read)) : new Uint8Array();
    if (rest.length === 0 || rest.length > into.length - written) return { read, written };
    into.set(rest, written);
    return { read: text.length, written: written + rest.length };
  }
}

/** `String(value)` of a record may call the record's own field `to-string` (S3). */
const SafeString: { (value: unknown): string; fromCodePoint: typeof String.fromCodePoint } = Object.assign(
  (value: unknown): string => (typeof value === "object" ? "[object]" : String(value)),
  { fromCodePoint: String.fromCodePoint },
);

const silent = (): void => {};

const shared: Readonly<Record<string, unknown>> = {
  TextEncoder: WholeTextEncoder,
  String: SafeString,
  ...repairScope,
  console: { error: silent, debug: silent, warn: silent, log: silent },
  process: undefined,
  fetch: undefined,
  globalThis: { WebAssembly, AggregateError }, // S1
};
