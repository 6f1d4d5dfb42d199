/** Commands that run programs, and about runs of a store. */
import type { CommandSpec } from "../command-spec.ts";
import { general, grant, isolation, json, param, queueing, quiet, store } from "./options.ts";

export const runsCommands: readonly CommandSpec[] = [
  {
    name: "run",
    usage: "sennit run FILE [--param NAME=VALUE …] [--grant [PACKAGE=]CAPABILITY …] [--isolation L0|L1|L2] [--json]",
    summary: "Check a program, then run it",
    options: [
      param,
      grant,
      isolation,
      {
        ...store,
        help: "keep a journal in this file, so that the run outlives this process; by its daemon, if it has one",
      },
      { name: "id", value: "ID", help: "what the run is called in the store" },
      { name: "json", help: "print one JSON object: {ok, output, result | error}" },
      { name: "seed", value: "HEX", help: "32 bytes in hex: the same seed gives the same random numbers" },
      quiet,
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
    usage: "sennit resume ID [--store FILE] [--wait] [--grant [PACKAGE=]CAPABILITY …] [--json]",
    summary: "Take a run up where it was cut off, paused or parked",
    options: [
      store,
      { name: "wait", help: "of a daemon: print what the run shows, until it has ended" },
      grant,
      isolation,
      { ...json, help: "print one JSON object: {ok, id, output, result | error}" },
      quiet,
      ...general,
    ],
    examples: [
      ["sennit resume order-17 --store runs.db", "go on, and print on"],
      ["sennit resume order-17", "let the daemon go on with it"],
    ],
    files: [],
    takesRun: true,
  },
  {
    name: "submit",
    usage: "sennit submit FILE [--param NAME=VALUE …] [--id ID] [--queue NAME] [--wait] [--store FILE] [--json]",
    summary: "Hand a program to the daemon; prints the run's id",
    options: [
      param,
      grant,
      { name: "id", value: "ID", help: "what the run is called: submitted again, it is left as it is" },
      ...queueing,
      { name: "seed", value: "HEX", help: "32 bytes in hex: the same seed gives the same random numbers" },
      { name: "wait", help: "print what it shows and exit as `run` does; Ctrl-C leaves it alone" },
      store,
      { ...json, help: "print one JSON object: {id, isNew}, or with --wait {ok, id, output, result | error}" },
      quiet,
      ...general,
    ],
    examples: [
      ["sennit submit order.sennit --param item=17 --id order-17", "twice is once"],
      ["sennit submit mail.sennit --queue mail --key ada@example.org", "in a queue"],
      ["sennit submit report.sennit --wait", "and watch it"],
    ],
    files: [".sennit", ".ox"],
  },
  {
    name: "ps",
    usage: "sennit ps [--store FILE] [--state STATE[,STATE …]] [--limit N] [--json]",
    summary: "List runs, the newest first",
    options: [
      store,
      {
        name: "state",
        value: "STATE",
        beginnings: ["queued", "running", "waiting", "paused", "parked", "done", "failed", "cancelled"],
        help: "only these",
      },
      { name: "limit", value: "N", help: "at most so many; 1000 unless given" },
      { name: "ids", help: "print ids and nothing else" },
      { ...json, help: "print one JSON array" },
      quiet,
      ...general,
    ],
    examples: [
      ["sennit ps", "of the user's own store"],
      ["sennit ps --store runs.db --state parked,failed", "what somebody should look at"],
    ],
    files: [],
  },
  {
    name: "show",
    usage: "sennit show ID [--store FILE] [--json]",
    summary: "Show what is known of a run",
    options: [store, json, ...general],
    examples: [["sennit show order-17 --store runs.db", "its state, packages and grants"]],
    files: [],
    takesRun: true,
  },
  {
    name: "logs",
    usage: "sennit logs ID [--store FILE] [--follow] [--json]",
    summary: "Print what a run printed, every line once",
    options: [
      store,
      { name: "follow", short: "f", help: "go on until the run has ended; Ctrl-C leaves it alone" },
      { ...json, help: "print one JSON object for each thing that it showed" },
      ...general,
    ],
    examples: [["sennit logs order-17 --store runs.db --follow", "also while another process runs it"]],
    files: [],
    takesRun: true,
  },
  {
    name: "signal",
    usage: "sennit signal ID NAME [VALUE] [--store FILE] [--sender ID]",
    summary: "Send a signal to a run",
    options: [
      store,
      { name: "sender", value: "ID", help: "of several signals with one sender, the first is taken" },
      ...general,
    ],
    examples: [['sennit signal order-17 approved \'{"by": "Ada"}\' --store runs.db', "the value is JSON, or a text"]],
    files: [],
    takesRun: true,
  },
  {
    name: "wait",
    usage: "sennit wait ID [--timeout DURATION] [--store FILE] [--json]",
    summary: "Wait until a run has ended, and print its value",
    options: [
      { name: "timeout", value: "DURATION", help: "wait no longer, such as 10s; exit 124 then" },
      store,
      { ...json, help: "print one JSON object: {ok, id, result | error}" },
      ...general,
    ],
    examples: [["sennit wait order-17 --timeout 1h", "exits as `run` does; Ctrl-C leaves the run alone"]],
    files: [],
    takesRun: true,
  },
  onRun("cancel", "Cancel a run: its `finally` and `undo` blocks still run"),
  onRun("pause", "Leave a run where it is until `sennit resume`"),
  onRun("retry", "Take a parked run up again, or begin one that failed or was cancelled again"),
  onRun("remove", "Delete a run that has ended, or is parked or paused, with everything of it"),
];

/** A command of the daemon about one run. */
function onRun(name: string, summary: string): CommandSpec {
  return {
    name,
    usage: `sennit ${name} ID [--store FILE] [--json]`,
    summary,
    options: [store, json, ...general],
    examples: [[`sennit ${name} order-17`, "of the daemon that owns the user's store"]],
    files: [],
    takesRun: true,
  };
}
