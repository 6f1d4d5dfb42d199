/**
 * A durable engine in a process of its own, as a benchmark drives it: one message asks for a round, one answers it.
 *
 *   P1  Everything that was started ends with the process: its servers are its children, its data lies in a folder that is removed.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** So many runs at once, of so many steps each. */
export interface Round {
  readonly runs: number;
  readonly steps: number;
}

/** What all runs gave together, and how long it took. */
export interface Done {
  readonly sum: number;
  readonly seconds: number;
}

export interface Engine {
  /** Makes a round; gives what each run gave. */
  readonly round: (round: Round) => Promise<readonly number[]>;
  readonly stop: () => Promise<void>;
}

/** Answers rounds until the parent is gone or says `stop`. */
export async function serve(start: (folder: string) => Promise<Engine>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "sennit-peer-"));
  const engine = await start(folder);
  const end = async (): Promise<void> => {
    await engine.stop();
    await rm(folder, { recursive: true, force: true });
    process.exit(0);
  };
  process.on("disconnect", () => void end());
  process.on("message", (round: Round | "stop") => {
    if (round === "stop") return void end();
    void answer(engine, round);
  });
  process.send?.("ready");
}

async function answer(engine: Engine, round: Round): Promise<void> {
  const begin = process.hrtime.bigint();
  const values = await engine.round(round);
  const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
  process.send?.({ sum: values.reduce((sum, value) => sum + value, 0), seconds } satisfies Done);
}
