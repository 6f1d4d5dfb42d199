/**
 * A process that runs one program after another, and tells of each when nothing is left that would keep the process alive. It
 * has some seconds for that: then the process ends with status 3.
 */
import { run } from "../../src/index.ts";

export interface Program {
  readonly source: string;
  readonly file: string;
}

const LEFT = 3;
let limit: NodeJS.Timeout | undefined;

process.on("message", (program: Program) => {
  process.channel?.unref();
  void settle(program);
});

async function settle({ source, file }: Program): Promise<void> {
  await run(source, { file }).catch(() => {}); // how it ends is no matter
  limit = setTimeout(() => process.exit(LEFT), 4000).unref();
}

process.on("beforeExit", () => {
  if (limit === undefined) return;
  clearTimeout(limit);
  limit = undefined;
  process.channel?.ref();
  process.send?.("ended");
});
