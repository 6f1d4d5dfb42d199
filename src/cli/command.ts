/** The commands and their options: the one table that parsing, `--help` and tab completion read. */
import type { CommandSpec } from "./command-spec.ts";
import { daemonCommands } from "./specs/daemon.ts";
import { historyCommands } from "./specs/history.ts";
import { general } from "./specs/options.ts";
import { pluginsCommands } from "./specs/plugins.ts";
import { programsCommands } from "./specs/programs.ts";
import { runsCommands } from "./specs/runs.ts";
import { storeCommands } from "./specs/store.ts";
import { testsCommands } from "./specs/tests.ts";

export type { CommandSpec, OptionSpec } from "./command-spec.ts";

export const commands: readonly CommandSpec[] = [
  ...runsCommands,
  ...historyCommands,
  ...testsCommands,
  ...daemonCommands,
  ...programsCommands,
  ...pluginsCommands,
  ...storeCommands,
  {
    name: "completion",
    usage: "sennit completion bash|zsh|fish",
    summary: "Print a script for tab completion",
    options: general,
    examples: [['eval "$(sennit completion bash)"', "in ~/.bashrc"]],
    files: [],
  },
];
export function commandNamed(name: string): CommandSpec | undefined {
  return commands.find((command) => command.name === name);
}
