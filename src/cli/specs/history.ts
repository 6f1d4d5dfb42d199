/** Commands about what a run did. */
import type { CommandSpec } from "../command-spec.ts";

export const historyCommands: readonly CommandSpec[] = [];
