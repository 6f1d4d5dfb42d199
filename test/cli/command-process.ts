/**
 * A process that performs commands of the command line one after another, so that each need not start one of its own.
 *
 *   C1  A command begins as in its own process: its folder, environment and arguments, and no terminal.
 *   C2  It has ended when nothing is left that would keep its process alive, and not before.
 */
import module from "node:module";
import { fileURLToPath } from "node:url";
import type { CommandTask, Performed } from "./commands.ts";

const script = fileURLToPath(new URL("../../bin/sennit.js", import.meta.url));
const written: { readonly stream: "stdout" | "stderr"; readonly bytes: Uint8Array }[] = [];
let status: number | null = null;
let isBusy = false;

for (const stream of ["stdout", "stderr"] as const) {
  process[stream].write = (chunk: string | Uint8Array, ...rest: readonly unknown[]): boolean => {
    // A copy: a writer may use its buffer again.
    written.push({ stream, bytes: typeof chunk === "string" ? Buffer.from(chunk) : Uint8Array.from(chunk) });
    const done = rest.find((each) => typeof each === "function");
    if (done !== undefined) process.nextTick(done);
    return true;
  };
}

module.enableCompileCache();
process.argv = [process.execPath, script, "--version"]; // what loading the command line performs
const { main } = await import("../../src/cli/main.node.ts");

process.on("message", (task: CommandTask) => {
  process.channel?.unref();
  void perform(task);
});
process.on("disconnect", () => process.exit());
process.on("beforeExit", () => {
  process.channel?.ref();
  if (!isBusy) return;
  isBusy = false;
  process.send?.({ status: status ?? UNSETTLED, ...shown() } satisfies Performed);
});

/** Node's exit status when nothing is left that could settle what a module awaits. */
const UNSETTLED = 13;

/** C1 */
async function perform({ args, folder, environment }: CommandTask): Promise<void> {
  isBusy = true;
  status = null;
  written.length = 0;
  process.chdir(folder);
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
  Object.assign(process.env, environment);
  process.argv = [process.execPath, script, ...args];
  status = await main(args);
}

function shown(): Omit<Performed, "status"> {
  const text = (of: (stream: "stdout" | "stderr") => boolean): string =>
    Buffer.concat(written.flatMap(({ stream, bytes }) => (of(stream) ? [bytes] : []))).toString();
  return {
    stdout: text((stream) => stream === "stdout"),
    stderr: text((stream) => stream === "stderr"),
    both: text(() => true),
  };
}
