/** `sennit`: the command line. Leaves the process with the documented exit status and nothing running. */
import { readFileSync } from "node:fs";
import { Defect } from "../fault.ts";
import { readCommandLine } from "./arguments.ts";
import type { Invocation } from "./arguments.ts";
import { completionScript } from "./completion.ts";
import { commandHelp, generalHelp } from "./help.ts";
import { EXIT, Terminal } from "./terminal.node.ts";

type Command = (invocation: Invocation, terminal: Terminal) => Promise<number>;

/** Loaded when called: `--help` needs no plugin host. */
const implementations: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import("./commands/run.node.ts")).runCommand,
  resume: async () => (await import("./commands/resume.node.ts")).resumeCommand,
  ps: async () => (await import("./commands/runs.node.ts")).psCommand,
  show: async () => (await import("./commands/runs.node.ts")).showCommand,
  logs: async () => (await import("./commands/runs.node.ts")).logsCommand,
  signal: async () => (await import("./commands/signal.node.ts")).signalCommand,
  check: async () => (await import("./commands/check.node.ts")).checkCommand,
  fmt: async () => (await import("./commands/fmt.node.ts")).fmtCommand,
  "plugin inspect": async () => (await import("./commands/plugin.node.ts")).inspectCommand,
  "plugin call": async () => (await import("./commands/plugin.node.ts")).callCommand,
  completion: () => Promise.resolve(completionCommand),
};

function completionCommand(invocation: Invocation): Promise<number> {
  process.stdout.write(completionScript(invocation.positionals[0]));
  return Promise.resolve(EXIT.done);
}

export async function main(argv: readonly string[]): Promise<number> {
  let terminal = new Terminal(null);
  try {
    const line = readCommandLine(argv);
    if (line.kind === "version") return say(`sennit ${version()}\n`);
    if (line.kind === "help") return say(line.command === null ? generalHelp(version()) : commandHelp(line.command));
    terminal = new Terminal(line.invocation);
    const load = implementations[line.invocation.command.name];
    if (load === undefined) throw new Defect(`the command ${line.invocation.command.name} has no implementation`);
    return await (
      await load()
    )(line.invocation, terminal);
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
