/** `sennit`: the command line. Leaves the process with the documented exit status and nothing running. */
import { readFileSync } from "node:fs";
import { Fault } from "../fault.ts";
import { readCommandLine } from "./arguments.ts";
import type { Invocation } from "./arguments.ts";
import { checkCommand } from "./commands/check.node.ts";
import { fmtCommand } from "./commands/fmt.node.ts";
import { callCommand, inspectCommand } from "./commands/plugin.node.ts";
import { runCommand } from "./commands/run.node.ts";
import { completionScript } from "./completion.ts";
import { commandHelp, generalHelp } from "./help.ts";
import { EXIT, Terminal } from "./terminal.node.ts";

type Command = (invocation: Invocation, terminal: Terminal) => Promise<number>;

const implementations: Readonly<Record<string, Command>> = {
  run: runCommand,
  check: checkCommand,
  fmt: fmtCommand,
  "plugin inspect": inspectCommand,
  "plugin call": callCommand,
  completion: (invocation) => {
    process.stdout.write(completionScript(invocation.positionals[0]));
    return Promise.resolve(EXIT.done);
  },
};

export async function main(argv: readonly string[]): Promise<number> {
  let terminal = new Terminal(null);
  try {
    const line = readCommandLine(argv);
    if (line.kind === "version") return say(`sennit ${version()}\n`);
    if (line.kind === "help") return say(line.command === null ? generalHelp(version()) : commandHelp(line.command));
    terminal = new Terminal(line.invocation);
    const command = implementations[line.invocation.command.name];
    if (command === undefined) throw new Fault("usage", `\`${line.invocation.command.name}\` is not there`);
    return await command(line.invocation, terminal);
  } catch (failure) {
    return terminal.failure(failure);
  }
}

function say(text: string): number {
  process.stdout.write(text);
  return EXIT.done;
}

function version(): string {
  for (const way of ["../../package.json", "../../../package.json"]) {
    try {
      const manifest = JSON.parse(readFileSync(new URL(way, import.meta.url), "utf8")) as { version?: string };
      if (manifest.version !== undefined) return manifest.version;
    } catch {
      // In src the manifest is two folders up, in dist three.
    }
  }
  return "unknown";
}

// A reader that went away (`sennit run … | head`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(EXIT.done);
});

process.exitCode = await main(process.argv.slice(2));
