/** Commands about what a run did. */
import type { CommandSpec } from "../command-spec.ts";
import { general, grant, isolation, json, store } from "./options.ts";

export const historyCommands: readonly CommandSpec[] = [
  {
    name: "history",
    usage: "sennit history ID --store FILE [--at N | --fork N [--id NEW]] [--json]",
    summary: "Show every step of a run, its variables at one, or go on anew from there",
    options: [
      store,
      { name: "at", value: "N", help: "show the program's variables when step N was over" },
      { name: "fork", value: "N", help: "make a new run that goes on from there" },
      { name: "id", value: "NEW", help: "what the new run is called" },
      { name: "full", help: "do not shorten values" },
      isolation,
      json,
      ...general,
    ],
    examples: [
      ["sennit history order-17 --store runs.db", "every step, with what it was given and gave"],
      ["sennit history order-17 --at 12 --store runs.db", "variables of every branch when step 12 was over"],
      ["sennit history order-17 --fork 12 --id order-17b --store runs.db", "then: sennit resume order-17b"],
    ],
    files: [],
    takesRun: true,
  },
  {
    name: "provenance",
    usage: "sennit provenance ID --store FILE [--format dot|svg|prov-json]",
    summary: "Draw what data of a run came from what process",
    options: [
      store,
      {
        name: "format",
        value: "FORMAT",
        beginnings: ["dot", "svg", "prov-json"],
        help: "dot (unless given), svg, or prov-json",
      },
      isolation,
      ...general,
    ],
    examples: [
      ["sennit provenance order-17 --format svg --store runs.db > order.svg", "a drawing"],
      ["sennit provenance order-17 --store runs.db | dot -Tpdf > order.pdf", "by Graphviz"],
    ],
    files: [],
    takesRun: true,
  },
  {
    name: "export",
    usage: "sennit export ID --store FILE [--out RUN] [--no-packages]",
    summary: "Write a run, with the runs that it spawned and their packages, as one file",
    options: [
      store,
      { name: "out", value: "RUN", help: "the file to write; standard output unless given" },
      { name: "no-packages", help: "leave out the files of its packages: they have to be where it goes on" },
      isolation,
      ...general,
    ],
    examples: [
      ["sennit export order-17 --store runs.db --out order.journal", "a file that `import` reads anywhere"],
      ["sennit export order-17 --store runs.db | gzip > order.journal.gz", "to standard output"],
    ],
    files: [],
    takesRun: true,
  },
  {
    name: "import",
    usage: "sennit import RUN --store FILE [--id NEW] [--file PROGRAM] [--grant [PACKAGE=]CAPABILITY …] [--json]",
    summary: "Take a run from a file into a store",
    options: [
      store,
      { name: "id", value: "NEW", help: "what it is called here; its own id unless given" },
      {
        name: "file",
        value: "PROGRAM",
        help: "where its program stands, beside which its packages are found; unless given, those in the file are taken",
      },
      grant,
      isolation,
      json,
      ...general,
    ],
    examples: [
      ["sennit import order.journal --store runs.db", "then: sennit resume order-17 --store runs.db"],
      ["sennit import order.journal --store runs.db --grant run:git", "what it may do is asked for again"],
    ],
    files: [".journal"],
  },
];
