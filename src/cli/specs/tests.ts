/** Commands that try programs out. */
import type { CommandSpec } from "../command-spec.ts";

export const testsCommands: readonly CommandSpec[] = [];
