/** What the parts of a snapshot share while it is written or read. */
import type { Value } from "../../wit/value.ts";
import type { Scope } from "./identity.ts";
import type { Ir } from "../ir/ir.ts";
import { malformed } from "../ir/ir-bytes.ts";
import type { ByteReader, ByteWriter } from "../ir/ir-bytes.ts";
import type { ValueWriter } from "../ir/ir-values.ts";
import type { ScopeWriter } from "./snapshot-scope.ts";
import { Closure, ErrorValue } from "../value.ts";

export interface Out {
  readonly bytes: ByteWriter;
  readonly values: ValueWriter;
  readonly scopes: ScopeWriter;
}

export interface In {
  readonly ir: Ir;
  readonly bytes: ByteReader;
  readonly values: readonly Value[];
  readonly scopes: readonly Scope[];
}

export function readValue({ bytes, values }: In): Value {
  return values[bytes.index(values.length, "the value")] as Value;
}

export function readError(tables: In): ErrorValue {
  const value = readValue(tables);
  if (!(value instanceof ErrorValue)) throw malformed("something else stands where an error should");
  return value;
}

export function readClosure(tables: In): Closure {
  const value = readValue(tables);
  if (!(value instanceof Closure)) throw malformed("something else stands where a function should");
  return value;
}

export function writeScope({ bytes, scopes }: Out, scope: Scope | null): void {
  bytes.maybe(scope, (some) => bytes.uint(scopes.add(some)));
}

export function readScope({ bytes, scopes }: In): Scope | null {
  return bytes.maybe(() => scopes[bytes.index(scopes.length, "the scope")] as Scope);
}

/** An Int that is a safe number or a bigint. */
export function writeInt({ bytes, values }: Out, int: number | bigint): void {
  bytes.uint(values.add(int));
}

export function readInt(tables: In): number | bigint {
  const value = readValue(tables);
  if (typeof value !== "bigint" && !Number.isSafeInteger(value))
    throw malformed("something else stands where an Int should");
  return value as number | bigint;
}
