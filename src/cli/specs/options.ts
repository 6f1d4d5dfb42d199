/** Options that several commands have. */
import type { OptionSpec } from "../command-spec.ts";

export const debug: OptionSpec = { name: "debug", help: "show our own stack traces, too" };
export const color: OptionSpec = { name: "no-color", help: "plain text even on a terminal (NO_COLOR does the same)" };
export const help: OptionSpec = { name: "help", short: "h", help: "show this help" };
export const grant: OptionSpec = {
  name: "grant",
  value: "[PACKAGE=]CAPABILITY",
  multiple: true,
  beginnings: ["fs:", "net:", "env:", "secret:", "run", "run:", "log", "clock:live", "random:live"],
  help: "allow the program (or a package) fs:<path>[:ro], net:<host>[:<port>], env:<NAME>, secret:<NAME>, run[:<command>] or log",
};
export const isolation: OptionSpec = {
  name: "isolation",
  value: "L0|L1|L2",
  beginnings: ["L0", "L1", "L2"],
  help: "where plugins run of which the project says nothing: this thread, a worker, a process each",
};
export const store: OptionSpec = { name: "store", value: "FILE", help: "the file that keeps runs" };
export const general: readonly OptionSpec[] = [color, debug, help];
