/** Commands that try programs out. */
import type { CommandSpec } from "../command-spec.ts";
import { general, isolation, store } from "./options.ts";

export const testsCommands: readonly CommandSpec[] = [
  {
    name: "test",
    usage: "sennit test [PATH …] [--filter TEXT] [--crash-everywhere [--crashes N]] [--json]",
    summary: "Run workflow tests: stubbed plugins, virtual time, and a crash at every step",
    options: [
      { name: "filter", value: "TEXT", help: "only tests whose name or file has this text in it" },
      { name: "crash-everywhere", help: "kill each run at every step, take it up again, and compare" },
      { name: "crashes", value: "N", help: "at most so many crashes for each test, spread over its run" },
      {
        name: "record",
        help: "let tests with a `recording` run without it, and write what their packages answer to it",
      },
      { name: "patience", value: "SECONDS", help: "how much real time a test may take: 60 seconds unless said" },
      isolation,
      { name: "json", help: "print one JSON object: {ok, passed, failed, tests}" },
      { name: "quiet", short: "q", help: "only tests that failed, and no warnings" },
      ...general,
    ],
    examples: [
      ["sennit test", "every *.test.toml below this folder"],
      ["sennit test order.test.toml --filter refund", "some of one file"],
      ["sennit test --crash-everywhere", "does a crash show?"],
    ],
    files: [".test.toml", "/"],
  },
  {
    name: "migrate",
    usage: "sennit migrate ID FILE [--store FILE] [--with MIGRATION [--restart]] [--dry-run] [--json]",
    summary: "Let a live run go on with another version of its program",
    options: [
      store,
      { name: "with", value: "MIGRATION", help: "a file whose function `migrate` makes new variables of the old ones" },
      { name: "restart", help: "begin afresh, with params that `migrate` makes of the old variables" },
      { name: "dry-run", help: "only tell what would happen" },
      isolation,
      { name: "json", help: "print one JSON object: {moved, runs}" },
      ...general,
    ],
    takesRun: true,
    examples: [
      [
        "sennit migrate order-17 order.sennit --store runs.db",
        "refused when what it did so far would be something else",
      ],
      [
        "sennit migrate order-17 order.sennit --with cents-to-euros.sennit --dry-run",
        "what would its variables be rewritten to?",
      ],
    ],
    files: [".sennit"],
  },
];
