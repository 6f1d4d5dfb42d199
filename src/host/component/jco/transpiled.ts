/**
 * What jco makes of a component: a script and core modules, as they are kept and sent. Nothing here runs any of it.
 *
 *   T1  Packed, they carry what they were made of, with which options and by which tool: who unpacks them says what is
 *       wanted, and gets that or nothing.
 */
import type { AnyValue } from "../../../wit/any.ts";
import { decodeAny, encodeAny } from "../../../wit/cbor.ts";

/** Part of every cache key. The version is the one that package.json pins. */
export const TRANSPILER = "jco-transpile 0.15.0";

export interface TranspileOptions {
  /** Ids of all imported interfaces (T2 of transpile.ts). */
  readonly interfaces: readonly string[];
  /** `interface#function` of the imports that suspend their caller (JSPI), sorted (T3 of transpile.ts). */
  readonly asyncImports: readonly string[];
  /** The exports that can reach one of them, sorted. */
  readonly asyncExports: readonly string[];
}

export interface Transpiled {
  readonly script: string;
  /** Core modules by the name under which the script asks for them. */
  readonly cores: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/** What a binding was made of. */
export interface Origin {
  /** sha256 of the component, hex. */
  readonly digest: string;
  readonly options: TranspileOptions;
}

export function packTranspiled({ script, cores }: Transpiled, origin: Origin): Uint8Array {
  return encodeAny(
    new Map<string, AnyValue>([
      ["origin", written(origin)],
      ["script", script],
      ["cores", new Map(cores)],
    ]),
  );
}

/** Undefined when they are of another component, made with other options, by another tool, or not these bytes at all. */
export function unpackTranspiled(bytes: Uint8Array, wanted: Origin): Transpiled | undefined {
  const parts = decodeAny(bytes);
  if (!(parts instanceof Map) || parts.get("origin") !== written(wanted)) return undefined;
  const [script, cores] = [parts.get("script"), parts.get("cores")];
  if (typeof script !== "string" || !(cores instanceof Map)) return undefined;
  return { script, cores: cores as ReadonlyMap<string, Uint8Array<ArrayBuffer>> };
}

function written({ digest, options: { interfaces, asyncImports, asyncExports } }: Origin): string {
  return JSON.stringify([TRANSPILER, digest, interfaces, asyncImports, asyncExports]);
}
