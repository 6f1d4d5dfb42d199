/** One request, once the server has let it in: what the operations behind the routes are given and what they give. */
import type { Executor } from "../engine/executor/executor.ts";
import type { Query } from "./query.ts";

export interface Asked {
  readonly executor: Executor;
  /** Of the path. */
  readonly param: (name: string) => string;
  readonly query: Query;
  /** Undefined when there is none. */
  readonly body: unknown;
  readonly header: (name: string) => string | undefined;
  /** Aborts when who asked has gone, the daemon stops, or the executor is lost. */
  readonly gone: AbortSignal;
}

export type Reply =
  | { readonly kind: "data"; readonly status: number; readonly data: Readonly<Record<string, unknown>> }
  /** Written one by one as JSON lines. */
  | { readonly kind: "lines"; readonly lines: AsyncIterable<Readonly<Record<string, unknown>>> };

export type Operation = (asked: Asked) => Promise<Reply>;

export function data(fields: Readonly<Record<string, unknown>>, status = 200): Reply {
  return { kind: "data", status, data: fields };
}
