/** Commands that run programs, and about runs of a store. */
import type { CommandSpec } from "../command-spec.ts";
import { general, grant, isolation, store } from "./options.ts";

export const runsCommands: readonly CommandSpec[] = [
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
];
