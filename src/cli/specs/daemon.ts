/** Commands of the daemon, and to it. */
import type { CommandSpec } from "../command-spec.ts";

export const daemonCommands: readonly CommandSpec[] = [];
