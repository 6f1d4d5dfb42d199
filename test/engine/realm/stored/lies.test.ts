/** What a worker says of a stored run is judged, and what leaves the run waits for its log (S1–S3 of stored-run.ts). */
import { describe, expect, it } from "vitest";
import type { LogPort } from "../../../../src/engine/durable/log/log-port.ts";
import type { LoadedProgram } from "../../../../src/engine/load/loaded.ts";
import * as frames from "../../../../src/engine/realm/said/frames.ts";
import type { RealmProgram } from "../../../../src/engine/realm/program.ts";
import { RunRealm } from "../../../../src/engine/realm/realm.node.ts";
import { writeAppended } from "../../../../src/engine/realm/stored/wire.ts";
import { OK } from "../../../../src/host/remote/frames/kinds.ts";
import { decodeEntry, encodeEntry } from "../../../../src/journal/entry/entry-codec.ts";
import { Blob } from "../../../../src/journal/entry/entry.ts";
import type { Entry } from "../../../../src/journal/entry/entry.ts";
import type { HeaderChange } from "../../../../src/journal/store.ts";
import { Fake, frame, texts } from "../fake.ts";

const IR: LoadedProgram["ir"] = {
  version: 2,
  files: [],
  functions: [],
  constants: [],
  types: [],
  sites: [],
  natives: [],
  calls: [],
  packages: [],
  params: [],
};

const START: Entry = {
  kind: "START",
  ir: "0".repeat(64),
  program: new Uint8Array(),
  packages: [],
  function: 0,
  args: new Uint8Array(),
  seed: new Uint8Array(32),
  created: 0,
  parent: [],
  grants: [],
};

const ARM: Entry = { kind: "ARM", eff: "1".repeat(32), attempt: 1, at: 5 };

/** A log that is durable when the test says so. */
class Log {
  readonly entries: Uint8Array[] = [encodeEntry(START)];
  readonly changes: (HeaderChange | undefined)[] = [];
  #durable = 1;
  #waits: { readonly upto: number; readonly resolve: () => void }[] = [];
  readonly port: LogPort = {
    append: (entries, change) => {
      this.entries.push(...entries);
      if (change !== undefined) this.changes.push(change);
      return this.entries.length;
    },
    durable: () => this.#durable,
    flushed: (upto) =>
      upto <= this.#durable ? Promise.resolve() : new Promise((resolve) => this.#waits.push({ upto, resolve })),
    keep: (bytes) => String(bytes.length).padStart(64, "0"),
    blob: () => Promise.resolve(Uint8Array.of(1, 2, 3)),
    lost: new Promise(() => {}),
    entries: () => Promise.resolve([]),
    watch: () => ({ [Symbol.dispose]: () => {} }),
  };

  flush(): void {
    this.#durable = this.entries.length;
    for (const { resolve } of this.#waits.splice(0)) resolve();
  }

  get kinds(): readonly string[] {
    return this.entries.map((bytes) => decodeEntry(bytes).kind);
  }
}

interface World {
  readonly fake: Fake;
  readonly log: Log;
  readonly run: number;
  readonly over: Promise<unknown>;
  readonly ran: string[];
}

async function started(): Promise<World> {
  const fake = new Fake();
  const realm = new RunRealm(fake);
  const program: LoadedProgram = {
    ir: IR,
    params: [],
    result: { kind: "Nil" },
    packages: [],
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const placed: RealmProgram = { program, places: [], outside: [] };
  const opening = realm.open(placed);
  fake.say(frame(frames.OPENED, fake.last("open").program, (to) => to.u8(OK)));
  const ran: string[] = [];
  const ports = {
    clock: { now: () => 0, sleep: () => Promise.resolve() },
    shell: {
      run: async (commands: readonly (readonly string[])[]) => {
        ran.push(commands.flat().join(" "));
        return { stdout: "", stderr: "", status: 0 };
      },
    },
    fork: null,
    follow: () => {},
    breathe: () => Promise.resolve(),
  };
  const log = new Log();
  const journal = { port: log.port, entries: [{ lsn: 1, entry: START }] };
  const options = { id: "r", seed: new Uint8Array(32), grants: { allowsCommand: () => true }, journal };
  const over = realm.run(await opening, 0, [], ports, options);
  over.catch(() => {});
  return { fake, log, run: fake.last("run").run, over, ran };
}

const append = (
  run: number,
  first: number,
  entries: readonly Entry[],
  change?: HeaderChange,
): Uint8Array<ArrayBuffer> =>
  frame(frames.APPEND, run, (to) => writeAppended(to, { first, entries: entries.map(encodeEntry), change }));

const shell = (number: number, run: number): Uint8Array<ArrayBuffer> =>
  frame(frames.SHELL, number, (to) => {
    to.u32(run);
    texts.write(to, [["ls"]]);
    to.u8(0);
  });

const LIES: Readonly<Record<string, (run: number) => Uint8Array<ArrayBuffer>>> = {
  "a beginning": (run) => append(run, 2, [START]),
  "an end": (run) => append(run, 2, [{ kind: "END", ending: "done", value: new Uint8Array() }]),
  "a signal": (run) => append(run, 2, [{ kind: "SIG", name: "go", sender: "me", value: new Uint8Array() }]),
  "a value of another run": (run) =>
    append(run, 2, [{ kind: "DONE", eff: ARM.eff, attempt: 1, outcome: "ok", value: new Blob("a".repeat(64), 3) }]),
  "a snapshot where none is": (run) => append(run, 2, [ARM], { snap: 99 }),
  "bytes that are no entry": (run) =>
    frame(frames.APPEND, run, (to) => {
      to.f64(2);
      to.u32(1);
      to.u32(2);
      to.raw(Uint8Array.of(0xff, 0xff));
      to.u32(0);
      to.u32(0);
      to.f64(0);
      to.f64(0);
    }),
  "four billion entries": (run) => frame(frames.APPEND, run, (to) => (to.f64(2), to.u32(2 ** 32 - 1))),
  "an entry of four billion bytes": (run) =>
    frame(frames.APPEND, run, (to) => (to.f64(2), to.u32(1), to.u32(2 ** 32 - 1))),
  "a spawned run that is not its own": (run) => frame(frames.CHILD_RUN, 1, (to) => (to.u32(run), to.text("other.run"))),
};

describe("a worker of a stored run that lies", () => {
  it.each(Object.entries(LIES))("says %s, and is ended; nothing of it is in the log", async (_, lie) => {
    const { fake, log, over, run } = await started();
    fake.say(lie(run));
    expect(fake.killed).toBe(1);
    await expect(over).resolves.toMatchObject({ state: "lost", fault: { code: "worker-lost" } });
    expect(log.kinds).toEqual(["START"]);
  });

  it("is given no value that is not its own", async () => {
    const { fake, run } = await started();
    fake.say(frame(frames.LOG_BLOB, 7, (to) => (to.u32(run), to.text("a".repeat(64)))));
    await expect.poll(() => fake.sent.at(-1)).toMatchObject({ kind: "answer", question: 7 });
    expect(new TextDecoder().decode(fake.last("answer").bytes)).toContain("blob-missing");
  });
});

describe("a stored run", () => {
  it("runs a command when all before is durable, whatever its worker waited for", async () => {
    const { fake, log, run, ran } = await started();
    fake.say(append(run, 2, [ARM], { state: "waiting", wake: 5 }));
    expect(log.changes).toEqual([{ state: "waiting", wake: 5 }]);
    fake.say(shell(3, run));
    for (let turns = 0; turns < 5; turns++) await new Promise(setImmediate);
    expect(ran).toEqual([]);
    log.flush();
    await expect.poll(() => fake.sent.at(-1)).toMatchObject({ kind: "answer", question: 3 });
    expect(ran).toEqual(["ls"]);
  });

  it("begins again when another's entry is where its worker took its own to be", async () => {
    const { fake, log, run, over, ran } = await started();
    log.port.append([encodeEntry({ kind: "SIG", name: "go", sender: "me", value: new Uint8Array() })]);
    log.flush();
    fake.say(append(run, 2, [ARM]));
    fake.say(shell(3, run));
    expect(await over).toMatchObject({ state: "lost", again: "yes", fault: { code: "worker-lost" } });
    expect(log.kinds).toEqual(["START", "SIG", "NOTE"]);
    expect([fake.killed, ran]).toEqual([0, []]);
    expect(fake.last("stop").run).toBe(run);
  });

  it("gives credit back for what it wrote", async () => {
    const { fake, run } = await started();
    for (let at = 0; at < 5; at++) fake.say(append(run, 2 + at, [ARM]));
    const given = (): number => fake.sent.reduce((sum, each) => sum + (each.kind === "credit" ? each.bytes : 0), 0);
    await expect.poll(given).toBe(5 * append(run, 2, [ARM]).length);
  });
});
