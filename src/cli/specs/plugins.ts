/** Commands about plugins. */
import type { CommandSpec } from "../command-spec.ts";
import { general, grant, isolation } from "./options.ts";

export const pluginsCommands: readonly CommandSpec[] = [
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
];
