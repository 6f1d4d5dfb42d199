/** One request, once the server has let it in: what the operations behind the routes are given and what they give. */
import type { Executor } from "../engine/executor/executor.ts";
import type { IsolationLevel } from "../host/package/project.ts";
import type { Query } from "./query.ts";

/** Where what comes from elsewhere is taken in. */
export interface Home {
  /** Absolute path of the daemon's store. */
  readonly store: string;
  /** Where packages run of which their projects say nothing by name. */
  readonly isolation?: IsolationLevel | undefined;
  /** Lines for the daemon's log. */
  readonly note: (line: string) => void;
}

/** A body that is no JSON, kept in a file until its request is answered. */
export interface Upload {
  readonly bytes: () => Promise<Uint8Array>;
}

export interface Asked {
  readonly executor: Executor;
  readonly home: Home;
  /** Of the path. */
  readonly param: (name: string) => string;
  readonly query: Query;
  /** Undefined when there is none. */
  readonly body: unknown;
  /** Of routes that take bytes. */
  readonly upload: Upload | null;
  readonly header: (name: string) => string | undefined;
  /** Aborts when who asked has gone, the daemon stops, or the executor is lost. */
  readonly gone: AbortSignal;
}

export type Reply =
  | { readonly kind: "data"; readonly status: number; readonly data: Readonly<Record<string, unknown>> }
  | { readonly kind: "bytes"; readonly pieces: Iterable<Uint8Array> }
  /** Written one by one as JSON lines. */
  | { readonly kind: "lines"; readonly lines: AsyncIterable<Readonly<Record<string, unknown>>> };

export type Operation = (asked: Asked) => Promise<Reply>;

export function data(fields: Readonly<Record<string, unknown>>, status = 200): Reply {
  return { kind: "data", status, data: fields };
}
