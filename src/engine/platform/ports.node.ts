/** The ports of a run in Node. */
import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate } from "node:timers/promises";
import { wallClock } from "./clock.ts";
import type { RunEvent, RunPorts } from "./ports.ts";
import { nodeShell } from "./shell.node.ts";

/** Commands start in `folder`. */
export function nodePorts(folder: string, fork: RunPorts["fork"], follow: (event: RunEvent) => void): RunPorts {
  return {
    clock: wallClock,
    shell: nodeShell(folder),
    fork,
    chain: () => AsyncLocalStorage.snapshot(),
    follow,
    breathe: () => setImmediate(),
  };
}
