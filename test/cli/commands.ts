/** Commands of the command line in one process for all tests of a file: see command-process.ts. */
import { fileURLToPath } from "node:url";
import { SharedProcess } from "../shared-process.ts";

export interface CommandTask {
  readonly args: readonly string[];
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
}

export interface Performed {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Both streams, in the order in which they were written. */
  readonly both: string;
}

export type CommandProcess = SharedProcess<CommandTask, Performed>;

export function commandProcess(): CommandProcess {
  return new SharedProcess(fileURLToPath(new URL("command-process.ts", import.meta.url)));
}
