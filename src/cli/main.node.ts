/** `sennit`: the command line. Leaves the process with the documented exit status and nothing running. */
import { Defect } from "../fault.ts";
import { readCommandLine } from "./arguments.ts";
import type { Invocation } from "./arguments.ts";
import { completionScript } from "./completion.ts";
import { commandHelp, generalHelp } from "./help.ts";
import { EXIT, Terminal } from "./terminal.node.ts";
import { version } from "./version.node.ts";

type Command = (invocation: Invocation, terminal: Terminal) => Promise<number>;

/** Loaded when called: `--help` needs no plugin host. */
const implementations: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import("./commands/run.node.ts")).runCommand,
  resume: async () => (await import("./commands/resume.node.ts")).resumeCommand,
  ps: async () => (await import("./commands/runs.node.ts")).psCommand,
  show: async () => (await import("./commands/runs.node.ts")).showCommand,
  logs: async () => (await import("./commands/runs.node.ts")).logsCommand,
  signal: async () => (await import("./commands/signal.node.ts")).signalCommand,
  submit: async () => (await import("./commands/submit.node.ts")).submitCommand,
  wait: async () => (await import("./commands/managing.node.ts")).waitCommand,
  cancel: async () => (await import("./commands/managing.node.ts")).cancelCommand,
  pause: async () => (await import("./commands/managing.node.ts")).pauseCommand,
  retry: async () => (await import("./commands/managing.node.ts")).retryCommand,
  remove: async () => (await import("./commands/managing.node.ts")).removeCommand,
  "queue list": async () => (await import("./commands/queue.node.ts")).listCommand,
  "queue set": async () => (await import("./commands/queue.node.ts")).setCommand,
  "queue remove": async () => (await import("./commands/queue.node.ts")).removeCommand,
  "schedule list": async () => (await import("./commands/schedule.node.ts")).listCommand,
  "schedule set": async () => (await import("./commands/schedule.node.ts")).setCommand,
  "schedule remove": async () => (await import("./commands/schedule.node.ts")).removeCommand,
  "daemon start": async () => (await import("./commands/daemon.node.ts")).startCommand,
  "daemon stop": async () => (await import("./commands/daemon.node.ts")).stopCommand,
  "daemon status": async () => (await import("./commands/daemon.node.ts")).statusCommand,
  reload: async () => (await import("./commands/daemon.node.ts")).reloadCommand,
  history: async () => (await import("./commands/history.node.ts")).historyCommand,
  provenance: async () => (await import("./commands/provenance.node.ts")).provenanceCommand,
  export: async () => (await import("./commands/export.node.ts")).exportCommand,
  import: async () => (await import("./commands/import.node.ts")).importCommand,
  check: async () => (await import("./commands/check.node.ts")).checkCommand,
  test: async () => (await import("./commands/test.node.ts")).testCommand,
  migrate: async () => (await import("./commands/migrate.node.ts")).migrateCommand,
  fmt: async () => (await import("./commands/fmt.node.ts")).fmtCommand,
  "plugin inspect": async () => (await import("./commands/plugin.node.ts")).inspectCommand,
  "plugin call": async () => (await import("./commands/plugin.node.ts")).callCommand,
  "store verify": async () => (await import("./commands/store.node.ts")).verifyCommand,
  "store cut": async () => (await import("./commands/store.node.ts")).cutCommand,
  "store backup": async () => (await import("./commands/store.node.ts")).backupCommand,
  "store vacuum": async () => (await import("./commands/store.node.ts")).vacuumCommand,
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

// A reader that went away (`sennit run … | head`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(EXIT.done);
});

process.exitCode = await main(process.argv.slice(2));
