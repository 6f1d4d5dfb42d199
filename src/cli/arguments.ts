/** The command line, taken apart by the table of commands. Misuse is a Fault `usage` with one way out. */
import { parseArgs } from "node:util";
import { Fault } from "../fault.ts";
import { nearest } from "../lang/nearest.ts";
import { commandNamed, commands } from "./command.ts";
import type { CommandSpec } from "./command.ts";

export interface Invocation {
  readonly command: CommandSpec;
  readonly positionals: readonly string[];
  readonly has: (option: string) => boolean;
  readonly value: (option: string) => string | undefined;
  readonly values: (option: string) => readonly string[];
}

export type CommandLine =
  | { readonly kind: "command"; readonly invocation: Invocation }
  | { readonly kind: "help"; readonly command: CommandSpec | null }
  | { readonly kind: "version" };

/** @throws {Fault} `usage` */
export function readCommandLine(argv: readonly string[]): CommandLine {
  const [first, second] = argv;
  if (first === undefined || first === "--help" || first === "-h") return { kind: "help", command: null };
  if (first === "--version" || first === "-V") return { kind: "version" };
  if (first === "help") return { kind: "help", command: second === undefined ? null : find(argv.slice(1)).command };
  const { command, rest } = find(argv);
  if (rest.includes("--help") || rest.includes("-h")) return { kind: "help", command };
  return { kind: "command", invocation: parse(command, rest) };
}

function find(argv: readonly string[]): { command: CommandSpec; rest: readonly string[] } {
  const two = commandNamed(argv.slice(0, 2).join(" "));
  if (two !== undefined) return { command: two, rest: argv.slice(2) };
  const [name = ""] = argv;
  const one = commandNamed(name);
  if (one !== undefined) return { command: one, rest: argv.slice(1) };
  const groups = commands.filter((command) => command.name.startsWith(`${name} `));
  if (groups.length > 0) {
    throw new Fault(
      "usage",
      `\`sennit ${name}\` needs one of: ${groups.map((g) => g.name.slice(name.length + 1)).join(", ")}`,
    );
  }
  if (/\.(sennit|ox)$/.test(name))
    throw new Fault("usage", `Unknown command \`${name}\``, { hint: `Write \`sennit run ${name}\`` });
  throw unknown("command", name, [...new Set(commands.map((command) => command.name.split(" ")[0] ?? ""))]);
}

function parse(command: CommandSpec, rest: readonly string[]): Invocation {
  const options = Object.fromEntries(
    command.options.map((option) => [
      option.name,
      {
        type: option.value === undefined ? ("boolean" as const) : ("string" as const),
        multiple: option.multiple ?? false,
        ...(option.short === undefined ? {} : { short: option.short }),
      },
    ]),
  );
  const { values, positionals, tokens } = parseArgs({
    args: rest.map(hideNumber),
    options,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const spec = command.options.find((option) => option.name === token.name);
    if (spec === undefined)
      throw unknown(
        "option",
        token.rawName,
        command.options.map((option) => `--${option.name}`),
      );
    if (spec.value !== undefined && token.value === undefined) {
      throw new Fault("usage", `\`${token.rawName}\` needs a value: ${token.rawName} ${spec.value}`);
    }
    if (spec.value === undefined && token.value !== undefined) {
      throw new Fault("usage", `\`${token.rawName}\` takes no value`);
    }
  }
  const all = (name: string): readonly string[] => [values[name] ?? []].flat().filter((v) => typeof v === "string");
  return {
    command,
    positionals: positionals.map(showNumber),
    has: (name) => values[name] !== undefined,
    value: (name) => all(name).at(-1),
    values: all,
  };
}

/** `-2` is an argument and no option: it is hidden from the parser behind a character that no argument has. */
const HIDDEN = "\u0000";

function hideNumber(text: string): string {
  return /^-\.?\d/.test(text) ? HIDDEN + text : text;
}

function showNumber(text: string): string {
  return text.startsWith(HIDDEN) ? text.slice(1) : text;
}

function unknown(what: string, name: string, known: readonly string[]): Fault {
  const close = nearest(name, known);
  return new Fault("usage", `Unknown ${what} \`${name}\``, {
    hint: close === undefined ? "See `sennit --help`" : `Did you mean \`${close}\`?`,
  });
}
