/** Processes that drive durable runs are killed at random, and taken up by the next (RECOVERY, proof obligation; HAZARDS 3). */
import { fork } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

import { follow } from "../../../src/engine/durable/follow.ts";
import { ValueBytes } from "../../../src/engine/durable/value-bytes.ts";
import { readSqlite } from "../../../src/journal/sqlite/sqlite-reader.node.ts";
import { temporaryFolder } from "../../host/temporary.ts";

const CHILD = fileURLToPath(new URL("kill-nine-child.ts", import.meta.url));
const KILLS = process.env["SENNIT_LONG"] === undefined ? 50 : 1000;
/** Kills of one run, before it may end. */
const EACH = 10;
const STEPS = 8;

interface Seen {
  readonly what: string;
  readonly key: string | null;
}

/** What is outside of all runs: it takes what comes with a key once. */
class World {
  readonly #keys = new Set<string>();
  readonly #done = new Map<string, number>();

  see({ what, key }: Seen): void {
    if (key !== null && what.startsWith("pay")) {
      if (this.#keys.has(key)) return;
      this.#keys.add(key);
    }
    this.#done.set(what, this.times(what) + 1);
  }

  times(what: string): number {
    return this.#done.get(what) ?? 0;
  }
}

/** One life of a process: killed when it has shown so much and a moment more, or null: it may come to its end. */
async function live(
  path: string,
  cache: string,
  world: World,
  kill: { readonly after: number; readonly turns: number } | null,
): Promise<boolean> {
  const child = fork(CHILD, [path, "run"], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    env: { ...process.env, NODE_COMPILE_CACHE: cache }, // half of a life is reading this project otherwise
  });
  const { promise: gone, resolve } = Promise.withResolvers<void>();
  child.on("exit", () => resolve());
  let [count, isOver] = [0, false];
  const end = (turns: number): void => void (turns === 0 ? child.kill("SIGKILL") : setImmediate(() => end(turns - 1)));
  child.on("message", (seen: Seen) => {
    if (seen.what === "done") return void (isOver = true);
    world.see(seen);
    count += 1;
    if (child.connected) child.send("seen", () => {}); // it may be gone
    if (count === kill?.after) end(kill.turns);
  });
  if (kill?.after === 0) end(kill.turns * 2000);
  await gone;
  return isOver;
}

/** The numbers of a generator that anybody has: the same kills for the same seed. */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

async function linesOf(path: string): Promise<readonly string[]> {
  using store = readSqlite(path);
  const lines: string[] = [];
  for await (const { event } of follow(store, "run", new ValueBytes(null)))
    if (event.kind === "print") lines.push(event.text);
  return lines;
}

/** A run that is killed `EACH` times. */
async function killed(seed: number, cache: string): Promise<void> {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "runs.db");
  const [world, next] = [new World(), random(seed)];
  for (let kills = 0; kills < EACH; kills++) {
    const kill = { after: Math.floor(next() * 5), turns: Math.floor(next() * 30) };
    if (await live(path, cache, world, kill)) break;
  }
  expect(await live(path, cache, world, null), `seed ${seed}`).toBe(true);

  const lines = await linesOf(path);
  const uncertain = new Set(
    lines.filter((line) => line.endsWith(": uncertain")).map((line) => Number.parseInt(line, 10)),
  );
  expect(
    lines.filter((line) => !line.endsWith(": uncertain")),
    `seed ${seed}`,
  ).toEqual(Array.from({ length: STEPS }, (_, i) => `${i} ${2 * i + 1} ${2 * i + 2} 1`));
  for (let i = 0; i < STEPS; i++) {
    for (const paid of [i, 100 + i, 200 + i]) expect(world.times(`pay ${paid}`), `seed ${seed}, pay ${paid}`).toBe(1);
    expect(world.times(`look ${i}`)).toBeGreaterThanOrEqual(1);
    const bills = world.times(`bill ${i}`);
    expect(bills, `seed ${seed}, bill ${i}`).toBeLessThanOrEqual(1);
    if (bills === 0) expect(uncertain, `seed ${seed}, bill ${i}`).toContain(i);
  }
}

describe(`${KILLS} processes killed with SIGKILL`, { timeout: 0 }, () => {
  it("leave runs that come to the result of one that nobody killed: keyed effects once, those of class once at most", async () => {
    await using cache = await temporaryFolder();
    await using first = await temporaryFolder();
    expect(await live(join(first.path, "runs.db"), cache.path, new World(), null)).toBe(true); // fills the cache
    const seeds = Array.from({ length: KILLS / EACH }, (_, at) => at + 1);
    const work = async (): Promise<void> => {
      for (let seed = seeds.pop(); seed !== undefined; seed = seeds.pop()) await killed(seed, cache.path);
    };
    await Promise.all([work(), work()]);
  });
});
