/** Commands about programs. */
import type { CommandSpec } from "../command-spec.ts";
import { general, isolation, store } from "./options.ts";

export const programsCommands: readonly CommandSpec[] = [
  {
    name: "check",
    usage: "sennit check FILE… [--against-runs --store FILE [--all]] [--json]",
    summary: "Report every mistake of programs without running them",
    options: [
      {
        name: "against-runs",
        help: "play the runs of a store back with this version: which go on, and which need a decision",
      },
      store,
      { name: "all", help: "also runs that have ended" },
      isolation,
      { name: "json", help: "print the diagnostics, or the verdicts, as one JSON array" },
      ...general,
    ],
    examples: [
      ["sennit check *.sennit", "exit 2 when one has errors, 0 with warnings only"],
      ["sennit check order.sennit --against-runs --store runs.db", "exit 1 when a run would go another way"],
    ],
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
];
