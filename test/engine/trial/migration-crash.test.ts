/** Runs cut off at every commit around their migration: resumed, they are what they are without a crash. */
import { describe, expect, it } from "vitest";
import fc from "../../fast-check.ts";
import { beginRun, resumeRun, startOf } from "../../../src/engine/durable/durable-run.ts";
import type { Taken } from "../../../src/engine/durable/durable-run.ts";
import { follow } from "../../../src/engine/durable/follow.ts";
import { sendSignal } from "../../../src/engine/durable/effects/send.ts";
import { ValueBytes } from "../../../src/engine/durable/value-bytes.ts";
import { turn } from "../../../src/engine/trial/lives.ts";
import { migrate } from "../../../src/engine/trial/migrate.ts";
import { Migration } from "../../../src/engine/trial/migration.ts";
import { MemoryStore } from "../../../src/journal/memory-store.ts";
import { portsOf, VirtualClock } from "../durable/crash.ts";
import { readableOf, sha256 } from "./kept-run.ts";

interface Story {
  readonly from: string;
  readonly to: string;
  readonly by: string;
  /** It begins afresh. */
  readonly restart?: boolean;
  /** What is sent once it was moved, one after the other. */
  readonly signals: readonly string[];
}

interface Told {
  readonly result: Taken;
  readonly lines: readonly string[];
  readonly commits: number;
}

/** Milliseconds: what is due later does not come by itself. */
const SOON = 5000;

class Cut extends Error {}

/** The whole story, in two lives: the process ends after so many commits, and everything that was not acknowledged is done again. */
class Teller {
  readonly #story: Story;
  readonly #cut: number;
  readonly #survives: number;
  #store: MemoryStore = new MemoryStore({ hash: sha256, now: () => 0, held: true });
  #commits = 0;
  /** Signals that were acknowledged. */
  #sent = 0;
  #isMoved = false;
  #clock = new VirtualClock();
  #stop = new AbortController();

  constructor(story: Story, cut: number, survives: number) {
    this.#story = story;
    this.#cut = cut;
    this.#survives = survives;
  }

  async told(): Promise<Told> {
    for (;;) {
      try {
        const result = await this.#life();
        return { result, lines: await this.#lines(), commits: this.#commits };
      } catch (failure) {
        if (!(failure instanceof Cut)) throw failure;
        this.#store = this.#store.crash({ survives: this.#survives });
        this.#stop = new AbortController();
        const { time } = this.#clock;
        this.#clock = new VirtualClock(time);
      }
    }
  }

  async #life(): Promise<Taken> {
    const { from, to, by, signals, restart = false } = this.#story;
    const first = await readableOf(from);
    const run = { id: "r", name: "flow.sennit", source: from, function: 0, args: [], grants: [], created: 0 };
    await this.#committed(beginRun(this.#store, first.program, { ...run, seed: new Uint8Array(32) }));
    for (;;) {
      const taken = await this.#taken();
      if (taken.state !== "asleep") return taken;
      if (!this.#isMoved) {
        const next = await readableOf(to);
        const rewrite = { migration: new Migration("move.sennit", by), old: await readableOf(await this.#text()) };
        const moving = migrate(this.#store, next.program, to, "r", { checked: next.checked, rewrite, restart });
        const verdicts = await this.#committed(moving);
        expect(verdicts.map(({ verdict }) => verdict.kind)).toEqual(["continues"]);
        this.#isMoved = true;
      }
      const name = signals[this.#sent];
      if (name === undefined) {
        this.#clock.moveTo(taken.wake ?? Infinity);
        continue;
      }
      await this.#committed(sendSignal(this.#store, "r", { name, value: name, sender: name }));
      this.#sent += 1;
    }
  }

  async #text(): Promise<string> {
    return new TextDecoder().decode((await startOf(this.#store, "r")).program as Uint8Array);
  }

  async #taken(): Promise<Taken> {
    const { program } = await readableOf(await this.#text());
    const options = {
      grants: { allowsCommand: () => false },
      sleepAfter: 5000,
      snapshotAfter: 300,
      stop: this.#stop.signal,
    };
    return await this.#committed(resumeRun(this.#store, program, "r", portsOf(this.#clock), options));
  }

  /** Commits for as long as the work takes; ends the process at the cut. */
  async #committed<T>(work: Promise<T>): Promise<T> {
    let isOver = false;
    const over = (): void => void (isOver = true);
    work.then(over, over);
    for (let quiet = 0; !isOver; quiet++) {
      if (this.#store.release()) {
        quiet = 0;
        if (++this.#commits === this.#cut) await this.#end(work);
      } else if (quiet > 6 && (this.#clock.next ?? Infinity) <= this.#clock.time + SOON) this.#clock.pass();
      await turn();
    }
    return await work;
  }

  /** What lives on of the process sees nothing that comes of it. */
  async #end(work: Promise<unknown>): Promise<never> {
    const left = this.#store;
    this.#store = left.crash({ survives: this.#survives });
    this.#stop.abort();
    let isOver = false;
    const over = (): void => void (isOver = true);
    work.then(over, over);
    while (!isOver) {
      left.release();
      await turn();
    }
    throw new Cut();
  }

  async #lines(): Promise<readonly string[]> {
    const lines: string[] = [];
    for await (const { event } of follow(this.#store, "r", new ValueBytes(null), {})) {
      if (event.kind === "print") lines.push(event.text);
    }
    return lines;
  }
}

async function sameWhereverCut(story: Story, cuts: (commits: number) => readonly number[]): Promise<Told> {
  const whole = await new Teller(story, 0, 0).told();
  for (const cut of cuts(whole.commits)) {
    for (const survives of [0, Infinity]) {
      const { result, lines } = await new Teller(story, cut, survives).told();
      expect({ cut, survives, result, lines }).toEqual({ cut, survives, result: whole.result, lines: whole.lines });
    }
  }
  return whole;
}

const every = (commits: number): readonly number[] => Array.from({ length: commits }, (_, at) => at + 1);

describe("a run that is migrated", () => {
  it("goes on as if nothing had happened, cut off at any commit", { timeout: 60_000 }, async () => {
    const from = `sum = 0; seen: [Int] = [];
for i in range(3) { sleep (1s); sum = sum + i; seen = push(seen, i); print $"at {i}"; }
x = wait signal("go");
print $"{sum} {seen}";
y = wait signal("again");
sum;`;
    const to = `mean = 0.0; sum = 0; seen: [String] = []; other: [Int] = [];
for i in range(3) { sleep (1s); sum = sum + i; other = push(other, i); print $"at {i}"; }
x = wait signal("go");
seen = push(seen, "last");
print $"{mean} {sum} {seen}";
y = wait signal("again");
sleep (1d);
print mean;
(mean, seen);`;
    const by = `record Old { sum: Int, seen: [Int] }
record New { mean: Float, sum: Int, seen: [String] }
function migrate(old: Old) -> New {
  New(mean: old.sum / len(old.seen), sum: old.sum * 10, seen: map(old.seen, |n| $"n{n}"))
}`;
    const whole = await sameWhereverCut({ from, to, by, signals: ["go", "again"] }, every);
    const seen = ["n0", "n1", "n2", "last"];
    expect(whole.result).toEqual({ state: "done", value: [1, seen] });
    expect(whole.lines).toEqual(["at 0", "at 1", "at 2", '1.0 30 ["n0", "n1", "n2", "last"]', "1.0"]);
  });

  it("begins afresh as if nothing had happened", { timeout: 60_000 }, async () => {
    const from =
      'seen: [Int] = []; for i in range(2) { sleep (1s); seen = push(seen, i); print $"old {i}"; } x = wait signal("go");';
    const to = `param seen: [Int];
print $"new {seen}";
for i in range(2) { sleep (1s); seen = push(seen, i); }
x = wait signal("go");
para { seq { sleep (1s); print "beside"; } seq { y = wait signal("again"); print $"{y}"; } }
seen;`;
    const by = `record R { seen: [Int] }
function migrate(r: R) -> R { R(seen: map(r.seen, |n| n * 10)) }`;
    const whole = await sameWhereverCut({ from, to, by, signals: ["go", "again"], restart: true }, every);
    expect(whole.result).toEqual({ state: "done", value: [0, 10, 0, 1] });
    expect(whole.lines.slice(0, 3)).toEqual(["old 0", "old 1", "new [0, 10]"]);
  });

  it("does so whatever its variables are, and whatever goes on beside", { timeout: 60_000 }, async () => {
    const numbers = fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 4 });
    const runs = process.env["SENNIT_LONG"] === undefined ? 3 : 40;
    await fc.assert(
      fc.asyncProperty(numbers, fc.boolean(), fc.boolean(), fc.nat(3), async (list, isPara, isTimed, steps) => {
        const wait = isTimed ? 'timeout (9d) { x = wait signal("go"); }' : 'x = wait signal("go");';
        const waits = isPara ? `para { seq { sleep (2s); print "beside"; } seq { ${wait} print "came"; } }` : wait;
        const text = (last: string): string => `xs: [Int] = ${JSON.stringify(list)}; note: String? = nil;
for i in range(${steps}) { sleep (1s); xs = push(xs, i); }
${waits}
for i in range(2) { xs = push(xs, i); print $"{xs}"; }
y = wait signal("again");
${last}`;
        const by = `record Old { xs: [Int] }
record New { xs: [Int], note: String }
function migrate(old: Old) -> New { New(xs: map(reverse(old.xs), |n| n * 2), note: $"{len(old.xs)}") }`;
        const story = { from: text("xs;"), to: text('print note ?? "none"; xs;'), by, signals: ["go", "again"] };
        const whole = await sameWhereverCut(story, (commits) => every(commits).filter((cut) => cut % 2 === steps % 2));
        const before = [...list, ...Array.from({ length: steps }, (_, at) => at)];
        const value = [...before.toReversed().map((n) => n * 2), 0, 1];
        expect(whole.result).toEqual({ state: "done", value });
        expect(whole.lines.at(-1)).toBe(`${before.length}`);
      }),
      { numRuns: runs },
    );
  });
});
