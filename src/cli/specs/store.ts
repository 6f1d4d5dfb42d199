/** Commands about the file that keeps runs. */
import type { CommandSpec } from "../command-spec.ts";
import { general, store } from "./options.ts";

export const storeCommands: readonly CommandSpec[] = [
  {
    name: "store verify",
    usage: "sennit store verify [ID] --store FILE [--json]",
    summary: "Compare every entry of a store with its chain of digests",
    options: [store, { name: "json", help: "print one JSON array of what is not sound" }, ...general],
    examples: [
      ["sennit store verify --store runs.db", "every run; exit 1 when one is not sound"],
      ["sennit store verify order-17 --store runs.db", "one run"],
    ],
    files: [],
  },
  {
    name: "store cut",
    usage: "sennit store cut ID --store FILE [--yes]",
    summary: "Cut what is not sound off the end of a run's log",
    options: [store, { name: "yes", help: "do it; without it, only what would be lost is told" }, ...general],
    examples: [
      ["sennit store cut order-17 --store runs.db", "tell what would be lost"],
      ["sennit store cut order-17 --store runs.db --yes", "cut it; the run can be taken up again"],
    ],
    files: [],
  },
  {
    name: "store backup",
    usage: "sennit store backup FILE --store FILE",
    summary: "Write a consistent copy of a store to a new file",
    options: [store, ...general],
    examples: [["sennit store backup monday.db --store runs.db", "a store like the first"]],
    files: [],
  },
  {
    name: "store vacuum",
    usage: "sennit store vacuum --store FILE",
    summary: "Give the space of removed runs back, and of packages that came with them",
    options: [store, ...general],
    examples: [["sennit store vacuum --store runs.db", "tells how much it was"]],
    files: [],
  },
];
