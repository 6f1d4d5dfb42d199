/**
 * Commands as child processes: arguments are passed as they are, no shell reads them. Several are one pipe.
 * Output is captured whole (lossy UTF-8), up to a limit; aborting kills every command of the pipe.
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { Fault } from "../../fault.ts";
import type { Shell, ShellResult } from "./ports.ts";

const MOST_OUTPUT = 64 * 1024 * 1024;

/** Where commands start, and the variables they find; absent: those of this process. */
interface Start {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A shell whose commands start in this folder, with these variables or those of this process. */
export function nodeShell(folder: string, env?: Readonly<Record<string, string>>): Shell {
  const where = { cwd: folder, ...(env === undefined ? {} : { env }) };
  return { run: (commands, input, signal) => runPipe(where, commands, input, signal) };
}

async function runPipe(
  where: Start,
  commands: readonly (readonly string[])[],
  input: string | Uint8Array | null,
  signal: AbortSignal,
): Promise<ShellResult> {
  const children: ChildProcess[] = [];
  const kill = (): void => {
    for (const child of children) child.kill("SIGKILL");
  };
  signal.addEventListener("abort", kill, { once: true });
  try {
    const ends = commands.map((command) => start(where, command, children));
    connect(children, input);
    const outputs = Promise.all([
      collect(children.at(-1)?.stdout, kill),
      ...children.map((c) => collect(c.stderr, kill)),
    ]);
    const statuses = await Promise.all(ends);
    const [stdout, ...stderr] = await outputs;
    return { stdout, stderr: stderr.join(""), status: statuses.at(-1) ?? 0 };
  } finally {
    signal.removeEventListener("abort", kill);
    kill();
  }
}

/** Starts one command; resolves with its status (128 + the signal's number does not exist here: killed is 137). */
function start(where: Start, [name = "", ...args]: readonly string[], children: ChildProcess[]): Promise<number> {
  const child = spawn(name, args, { ...where, stdio: "pipe", shell: false });
  children.push(child);
  return new Promise((resolve, reject) => {
    child.once("error", (cause) => reject(cannotStart(name, cause)));
    child.once("close", (code) => resolve(code ?? 137));
  });
}

function cannotStart(name: string, cause: Error): Fault {
  const missing = "code" in cause && cause.code === "ENOENT";
  return new Fault(
    "command-failed",
    `Cannot start \`${name}\`: ${missing ? "there is no such command" : cause.message}`,
    {
      cause,
    },
  );
}

function connect(children: readonly ChildProcess[], input: string | Uint8Array | null): void {
  children.forEach((child, at) => {
    if (child.stdin === null) return;
    ignoreBrokenPipe(child.stdin);
    const before = children[at - 1]?.stdout;
    if (before) before.pipe(child.stdin);
    else child.stdin.end(input ?? "");
  });
}

/** A command that does not read all its input is no failure. */
function ignoreBrokenPipe(stream: Writable): void {
  stream.on("error", () => {});
}

async function collect(stream: Readable | null | undefined, kill: () => void): Promise<string> {
  if (!stream) return "";
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MOST_OUTPUT) {
      kill();
      throw new Fault("command-failed", `A command wrote more than ${MOST_OUTPUT} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
