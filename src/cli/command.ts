/** The commands and their options: the one table that parsing, `--help` and tab completion read. */

export interface OptionSpec {
  readonly name: string;
  readonly short?: string;
  /** What the value is called in help; absent for a switch. */
  readonly value?: string;
  readonly multiple?: boolean;
  /** How values begin, for completion. One that ends in `:` is gone on with. */
  readonly beginnings?: readonly string[];
  readonly help: string;
}

export interface CommandSpec {
  /** `plugin inspect`. */
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  readonly options: readonly OptionSpec[];
  readonly examples: readonly (readonly [string, string])[];
  /** Endings of the files it takes, for completion. */
  readonly files: readonly string[];
}

const debug: OptionSpec = { name: "debug", help: "show our own stack traces, too" };
const color: OptionSpec = { name: "no-color", help: "plain text even on a terminal (NO_COLOR does the same)" };
const help: OptionSpec = { name: "help", short: "h", help: "show this help" };
const grant: OptionSpec = {
  name: "grant",
  value: "[PACKAGE=]CAPABILITY",
  multiple: true,
  beginnings: ["fs:", "net:", "env:", "secret:", "run", "run:", "log", "clock:live", "random:live"],
  help: "allow the program (or a package) fs:<path>[:ro], net:<host>[:<port>], env:<NAME>, secret:<NAME>, run[:<command>] or log",
};
const isolation: OptionSpec = {
  name: "isolation",
  value: "L0|L1|L2",
  beginnings: ["L0", "L1", "L2"],
  help: "where plugins run of which the project says nothing: this thread, a worker, a process each",
};
const store: OptionSpec = { name: "store", value: "FILE", help: "the file that keeps runs" };
const general: readonly OptionSpec[] = [color, debug, help];

export const commands: readonly CommandSpec[] = [
  {
    name: "run",
    usage: "sennit run FILE [--param NAME=VALUE …] [--grant [PACKAGE=]CAPABILITY …] [--isolation L0|L1|L2] [--json]",
    summary: "Check a program, then run it",
    options: [
      { name: "param", short: "p", value: "NAME=VALUE", multiple: true, help: "give one of the program's params" },
      grant,
      isolation,
      { ...store, help: "keep a journal in this file, so that the run outlives this process" },
      { name: "id", value: "ID", help: "what the run is called in the store" },
      { name: "json", help: "print one JSON object: {ok, output, result | error}" },
      { name: "seed", value: "HEX", help: "32 bytes in hex: the same seed gives the same random numbers" },
      { name: "quiet", short: "q", help: "no progress line and no warnings" },
      ...general,
    ],
    examples: [
      ["sennit run hello.sennit", "run it"],
      ["sennit run eos.sennit --param points=31", "with a param"],
      ["sennit run build.sennit --grant run:git", "let it start git"],
      ["sennit run fetch.sennit --grant net:api.example.org --grant secret:API_TOKEN", "let it send a token there"],
      ["sennit run report.sennit --grant acme:mail=log", "let a package write to the log"],
      ["sennit run report.sennit --isolation L2", "every plugin in a process of its own"],
      ["sennit run order.sennit --store runs.db --id order-17", "killed, it can be taken up again"],
    ],
    files: [".sennit", ".ox"],
  },
  {
    name: "resume",
    usage: "sennit resume ID --store FILE [--grant [PACKAGE=]CAPABILITY …] [--json]",
    summary: "Take a run up where it was cut off",
    options: [
      store,
      grant,
      isolation,
      { name: "json", help: "print one JSON object: {ok, id, output, result | error}" },
      { name: "quiet", short: "q", help: "no progress line and no warnings" },
      ...general,
    ],
    examples: [["sennit resume order-17 --store runs.db", "go on, and print on"]],
    files: [],
  },
  {
    name: "ps",
    usage: "sennit ps --store FILE [--json]",
    summary: "List the runs of a store",
    options: [store, { name: "json", help: "print one JSON array" }, ...general],
    examples: [["sennit ps --store runs.db", "the newest first"]],
    files: [],
  },
  {
    name: "show",
    usage: "sennit show ID --store FILE [--json]",
    summary: "Show what is known of a run",
    options: [store, { name: "json", help: "print one JSON object" }, ...general],
    examples: [["sennit show order-17 --store runs.db", "its state, packages and grants"]],
    files: [],
  },
  {
    name: "logs",
    usage: "sennit logs ID --store FILE [--follow]",
    summary: "Print what a run printed, every line once",
    options: [store, { name: "follow", short: "f", help: "go on until the run has ended" }, ...general],
    examples: [["sennit logs order-17 --store runs.db --follow", "also while another process runs it"]],
    files: [],
  },
  {
    name: "signal",
    usage: "sennit signal ID NAME [VALUE] --store FILE [--sender ID]",
    summary: "Leave a signal for a run",
    options: [
      store,
      { name: "sender", value: "ID", help: "of several signals with one sender, the first is taken" },
      ...general,
    ],
    examples: [['sennit signal order-17 approved \'{"by": "Ada"}\' --store runs.db', "the value is JSON, or a text"]],
    files: [],
  },
  {
    name: "check",
    usage: "sennit check FILE…",
    summary: "Report every mistake of programs without running them",
    options: [{ name: "json", help: "print the diagnostics as one JSON array" }, ...general],
    examples: [["sennit check *.sennit", "exit 2 when one has errors, 0 with warnings only"]],
    files: [".sennit", ".ox"],
  },
  {
    name: "fmt",
    usage: "sennit fmt [--check] FILE…",
    summary: "Format programs in place",
    options: [
      { name: "check", help: "change nothing; exit 1 when a file is not formatted" },
      { name: "stdin", help: "read a program from standard input, write it formatted to standard output" },
      ...general,
    ],
    examples: [
      ["sennit fmt *.sennit", "format them"],
      ["sennit fmt --check *.sennit", "for CI"],
    ],
    files: [".sennit", ".ox"],
  },
  {
    name: "plugin inspect",
    usage: "sennit plugin inspect PACKAGE [--cost FUNCTION [ARGUMENT …]] [--json]",
    summary: "Show a plugin's types, imports and what it asks for",
    options: [
      {
        name: "cost",
        value: "FUNCTION",
        help: "call it in a fresh instance, and print what that cost in units of fuel",
      },
      { name: "json", help: "print one JSON object" },
      ...general,
    ],
    examples: [
      ["sennit plugin inspect plugins/geometry", "a package folder"],
      ["sennit plugin inspect stats.wasm", "a bare component"],
      ["sennit plugin inspect counter.wasm --cost add 1 2", "the same number every time"],
    ],
    files: [".wasm", "/"],
  },
  {
    name: "plugin call",
    usage: "sennit plugin call PACKAGE FUNCTION [ARGUMENT …] [--grant CAPABILITY …] [--isolation L0|L1|L2] [--json]",
    summary: "Call one function of a plugin in a fresh instance",
    options: [grant, isolation, { name: "json", help: "print one JSON object: {ok, result | error}" }, ...general],
    examples: [
      ["sennit plugin call counter.wasm add 1 2", "arguments are JSON; a string may stand bare"],
      ["sennit plugin call plugins/stats mean '[1, 2, 4]'", "a list"],
    ],
    files: [".wasm", "/"],
  },
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
