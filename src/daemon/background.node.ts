/**
 * A daemon in the background: a process of its own that outlives this one.
 *
 *   G1  `startInBackground` resolves when the daemon answers, and rejects with why it does not.
 *   G2  The daemon keeps nothing of its parent: no terminal, no pipes; what it says goes to a file beside its store.
 */
import { spawn } from "node:child_process";
import { closeSync } from "node:fs";
import { dirname } from "node:path";
import { Fault } from "../fault.ts";
import { logFile, openLog } from "./place.node.ts";

/** What a daemon tells the process that started it. */
export type Told =
  | { readonly kind: "ready"; readonly url: string; readonly pid: number }
  | { readonly kind: "failed"; readonly code: string; readonly message: string; readonly hint: string | null };

/** Milliseconds. */
const PATIENCE = 60_000;

/** @param command the script and arguments that run a daemon in the foreground @throws {Fault} G1 */
export async function startInBackground(
  store: string,
  command: readonly string[],
): Promise<Extract<Told, { readonly kind: "ready" }>> {
  const log = openLog(store);
  try {
    const child = spawn(process.execPath, [...process.execArgv, ...command], {
      cwd: dirname(store),
      detached: true,
      windowsHide: true,
      stdio: ["ignore", log, log, "ipc"],
    });
    const told = await new Promise<Told>((resolve) => {
      const gone = (why: string): void => resolve({ kind: "failed", code: "daemon-lost", message: why, hint: null });
      const timer = setTimeout(() => gone(`The daemon said nothing for ${PATIENCE / 1000} s`), PATIENCE);
      child.once("message", (message) => resolve(message as Told));
      child.once("error", (error) => gone(`The daemon cannot be started: ${error.message}`));
      child.once("exit", (code, signal) => gone(`The daemon ended with ${signal ?? `status ${code}`}`));
      child.once("message", () => clearTimeout(timer)).once("error", () => clearTimeout(timer));
      child.once("exit", () => clearTimeout(timer));
    });
    if (child.connected) child.disconnect();
    child.unref();
    if (told.kind === "ready") return told;
    const hint = told.hint ?? `Its log is ${logFile(store)}`;
    throw new Fault(told.code, told.message, { hint });
  } finally {
    closeSync(log);
  }
}

/** In the daemon: tells the process that started it, if that is there. G2 */
export function tellParent(told: Told): void {
  const send = process.send?.bind(process);
  send?.(told, undefined, {}, () => {
    if (process.connected) process.disconnect?.();
  });
}
