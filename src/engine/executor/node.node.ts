/** An executor in Node: programs from files, on the wall clock. */
import { randomBytes, randomUUID } from "node:crypto";
import type { Manifest } from "../../host/manifest.ts";
import type { IsolationLevel } from "../../host/package/project.ts";
import type { Store } from "../../journal/store.ts";
import type { HostFunction } from "../load/packages.node.ts";
import type { Executor } from "./executor.ts";
import type { ExecutorSettings } from "./ports.ts";
import { lookAtFiles, openFromFiles } from "./programs.node.ts";
import { openOver } from "./store-executor.ts";

export interface ExecutorOptions extends ExecutorSettings {
  /** Where packages run of which their projects say nothing by name. */
  readonly isolation?: IsolationLevel | undefined;
  /** Values for `secret:<NAME>` by name; others come from the environment. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Functions of the embedding program, for every program; their WIT; and what becomes of a call whose answer was lost. */
  readonly functions?: Readonly<Record<string, HostFunction>>;
  readonly wit?: string;
  readonly effects?: Manifest["effects"];
  /** Whom the runs are for: those of two principals never share a worker. */
  readonly principal?: string;
}

/**
 * Drives the runs of a store. The caller disposes it, and the store after it.
 *
 * @throws {Fault} `setting-invalid`, `store-lost`
 * @example
 * await using store = await openSqlite("runs.db");
 * await using executor = await openExecutor(store, { onWarning: console.warn });
 * const { id } = await executor.submit({ file: "a.sennit", source: "1 + 1;" });
 * await executor.wait(id, new AbortController().signal); // { state: "done", value: 2 }
 */
export async function openExecutor(store: Store, options: ExecutorOptions = {}): Promise<Executor> {
  const { isolation, secrets = {}, functions = {}, wit, effects, principal, onWarning = () => {} } = options;
  const files = { isolation, secrets, functions, wit, effects, principal, warn: onWarning };
  return await openOver(
    store,
    {
      open: (request) => openFromFiles(request, files),
      look: (request) => lookAtFiles(request, files),
      clock: { now: Date.now, after },
      uuid: randomUUID,
      random: (size) => randomBytes(size),
    },
    options,
  );
}

function after(milliseconds: number, work: () => void): () => void {
  const timer = setTimeout(work, milliseconds);
  return () => clearTimeout(timer);
}
