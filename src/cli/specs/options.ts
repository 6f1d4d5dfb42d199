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
export const store: OptionSpec = {
  name: "store",
  value: "FILE",
  help: "the file that keeps runs; unless given, the user's own",
};
export const json: OptionSpec = { name: "json", help: "print one JSON object" };
export const param: OptionSpec = {
  name: "param",
  short: "p",
  value: "NAME=VALUE",
  multiple: true,
  help: "give one of the program's params",
};
/** Where a submitted run goes. */
export const queueing: readonly OptionSpec[] = [
  { name: "queue", value: "NAME", help: "the queue whose limits it keeps" },
  { name: "key", value: "TEXT", help: "runs of one queue and key are limited by themselves" },
  { name: "priority", value: "N", help: "greater goes first within its queue; 0 unless given" },
];
export const quiet: OptionSpec = { name: "quiet", short: "q", help: "no progress line and no warnings" };
export const general: readonly OptionSpec[] = [color, debug, help];
