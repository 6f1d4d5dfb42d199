/** Commands about programs. */
import type { CommandSpec } from "../command-spec.ts";
import { general } from "./options.ts";

export const programsCommands: readonly CommandSpec[] = [
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
];
