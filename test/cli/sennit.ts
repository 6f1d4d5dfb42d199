/** Runs the command as a user does, in a folder of its own. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const command = fileURLToPath(new URL("../../bin/sennit.js", import.meta.url));
export const samples: string = fileURLToPath(new URL("../../plugins/samples", import.meta.url));

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder with files, gone when disposed. */
export class Folder implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), "sennit-cli-"));

  constructor(files: Readonly<Record<string, string | Uint8Array>>) {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(this.path, name)), { recursive: true });
      writeFileSync(join(this.path, name), content);
    }
  }

  /** `onLine` sees each line of standard output as it comes, and may send a signal. */
  sennit(
    args: readonly string[],
    options: { onLine?: (line: string, kill: (signal: NodeJS.Signals) => void) => void; input?: string } = {},
  ): Promise<Ended> {
    const child = spawn(process.execPath, [command, ...args], {
      cwd: this.path,
      // A store of its own: this machine's user may have a daemon.
      env: { PATH: process.env["PATH"], HOME: process.env["HOME"], XDG_STATE_HOME: join(this.path, "state") },
    });
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

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
