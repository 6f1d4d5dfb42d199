/**
 * Runs the command as a user does, in a folder of its own.
 *
 *   F1  `shared` shares one process among the commands of a test file: what a command does and shows, and that nothing of it
 *       is left, is the same as in its own (command-process.ts). That it is for every command: processes.test.ts.
 *   F2  `sennit` is a process of its own: for signals, standard input, and what runs beside another command.
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { commandProcess } from "./commands.ts";

const command = fileURLToPath(new URL("../../bin/sennit.js", import.meta.url));
export const samples: string = fileURLToPath(new URL("../../plugins/samples", import.meta.url));

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface SpawnOptions {
  /** Sees each line of standard output as it comes, and may send a signal. */
  readonly onLine?: (line: string, kill: (signal: NodeJS.Signals) => void) => void;
  readonly input?: string;
}

const shared = commandProcess();

/** A folder with files, gone when disposed. */
export class Folder implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), "sennit-cli-"));

  constructor(files: Readonly<Record<string, string | Uint8Array>>) {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(this.path, name)), { recursive: true });
      writeFileSync(join(this.path, name), content);
    }
  }

  /** F1; after the commands before it, so none may wait for another. */
  async shared(args: readonly string[]): Promise<Ended> {
    const { status, stdout, stderr } = await shared.perform({
      args,
      folder: this.path,
      environment: this.#environment(),
    });
    return { status, stdout, stderr };
  }

  /** F2 */
  sennit(args: readonly string[], options: SpawnOptions = {}): Promise<Ended> {
    const child = spawn(process.execPath, [command, ...args], { cwd: this.path, env: this.#environment() });
    child.stdin.end(options.input ?? "");
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk.toString();
      for (const line of chunk.toString().split("\n")) options.onLine?.(line, (signal) => child.kill(signal));
    });
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    return new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (status) => resolve({ status, stdout, stderr }));
    });
  }

  /** With a store of its own: this machine's user may have a daemon. */
  #environment(): Record<string, string> {
    const { PATH = "", HOME = "" } = process.env;
    return { PATH, HOME, XDG_STATE_HOME: join(this.path, "state") };
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
