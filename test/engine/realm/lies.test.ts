/** A run worker that lies: each breach ends it at once, its runs with a fault that says why, and leaves the engine well. */
import { describe, expect, it } from "vitest";
import { hostPlugin, functionType, worldOf } from "../../../src/engine/std/host-plugin.ts";
import type { LoadedProgram } from "../../../src/engine/load/loaded.ts";
import * as frames from "../../../src/engine/realm/said/frames.ts";
import type { RealmProgram } from "../../../src/engine/realm/program.ts";
import { RunRealm } from "../../../src/engine/realm/realm.node.ts";
import * as inner from "../../../src/host/remote/frames/kinds.ts";
import type { Writer } from "../../../src/host/remote/frames/writer.ts";
import type { Type } from "../../../src/lang/types.ts";
import { startRunThread } from "../../../src/engine/realm/thread.node.ts";
import { Fake, frame, texts } from "./fake.ts";

const RESULT: Type = {
  kind: "tuple",
  items: [
    { kind: "Int" },
    { kind: "list", element: { kind: "String" } },
    { kind: "Any" },
    { kind: "option", some: { kind: "Char" } },
    { kind: "result", ok: { kind: "Nil" }, err: { kind: "Bytes" } },
  ],
};

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

function programOf(): RealmProgram {
  const echo = functionType("echo", [["text", { kind: "string" }]], { kind: "string" });
  const plugin = hostPlugin({
    name: "std:echo",
    world: worldOf(new Map(), [echo]),
    start: () => ({ echo: ([text]) => text ?? null }),
    effects: {},
  });
  const pack = { name: "std:echo", use: null, plugin, imports: new Map(), granted: { log: false } };
  const inside = {
    kind: "inside",
    parcel: { manifest: plugin.manifest, place: "", files: new Map(), kept: new Map() },
  };
  return {
    program: {
      ir: IR,
      params: [],
      result: RESULT,
      packages: [pack, pack],
      [Symbol.asyncDispose]: () => Promise.resolve(),
    },
    places: [
      { kind: "outside", manifest: plugin.manifest, world: plugin.world, digest: "", way: "frames", abortable: false },
      inside as RealmProgram["places"][number],
    ],
    outside: [plugin, null],
  };
}

interface World {
  readonly fake: Fake;
  readonly realm: RunRealm;
  readonly run: number;
  readonly over: Promise<unknown>;
  readonly shown: string[];
}

async function started(): Promise<World> {
  const fake = new Fake();
  const realm = new RunRealm(fake);
  const opening = realm.open(programOf());
  fake.say(frame(frames.OPENED, fake.last("open").program, (to) => to.u8(inner.OK)));
  const shown: string[] = [];
  const ports = {
    clock: { now: () => 0, sleep: () => Promise.resolve() },
    shell: { run: async () => ({ stdout: "", stderr: "", status: 0 }) },
    fork: null,
    follow: (event: { readonly kind: string }) => shown.push(event.kind),
    breathe: () => Promise.resolve(),
  };
  const grants = { allowsCommand: (command: string) => command === "ls" };
  const over = realm.run(await opening, 0, [], ports, { id: "r", seed: new Uint8Array(32), grants });
  return { fake, realm, run: fake.last("run").run, over, shown };
}

const shell = (number: number, run: number, command = "ls"): Uint8Array<ArrayBuffer> =>
  frame(frames.SHELL, number, (to) => {
    to.u32(run);
    texts.write(to, [[command]]);
    to.u8(0);
  });
const connect = (number: number, run: number, pack: number): Uint8Array<ArrayBuffer> =>
  frame(frames.CONNECT, number, (to) => (to.u32(run), to.u32(pack), to.f64(Number.NaN), to.f64(Number.NaN)));
const through = (number: number, kind: number, of: number, body: (to: Writer) => void): Uint8Array<ArrayBuffer> =>
  frame(frames.FRAME, number, (to) => {
    to.u8(kind);
    to.u32(of);
    body(to);
  });
const start = (number: number, names = 0): Uint8Array<ArrayBuffer> =>
  through(number, inner.START, 1, (to) => {
    to.f64(1);
    to.f64(0);
    to.raw(new Uint8Array(32));
    to.f64(Number.NaN);
    to.f64(Number.NaN);
    to.u32(names);
    to.u8(0);
  });
const shown = (bytes: readonly number[]): Uint8Array<ArrayBuffer> =>
  frame(frames.SHOWN, 0, (to) => to.raw(Uint8Array.from(bytes)));
const done = (run: number, body: (to: Writer) => void): Uint8Array<ArrayBuffer> =>
  frame(frames.ENDED, run, (to) => (to.u8(0), body(to)));
const int = (to: Writer, value: number): void => (to.u8(0), to.f64(value));
const whole = (to: Writer, bytes: readonly number[]): void => {
  int(to, 1);
  to.u8(0);
  to.u32(0);
  to.u8(1);
  to.u32(bytes.length);
  to.raw(Uint8Array.from(bytes));
};

type Lie = (world: World) => void;
const say =
  (of: (run: number) => unknown): Lie =>
  ({ fake, run }) =>
    fake.say(of(run));

const LIES: Readonly<Record<string, Lie>> = {
  "a message that is no buffer": say(() => "ENDED"),
  "an object with a getter": say(() => ({ kind: 2 })),
  "an array of bytes that is no ArrayBuffer": say(() => [1, 2, 3]),
  "an empty frame": say(() => new Uint8Array(0)),
  "half a head": say(() => Uint8Array.of(frames.ENDED, 1, 0)),
  "a kind that there is not": say(() => frame(99, 0)),
  "that a program was opened which nobody opens": say(() => frame(frames.OPENED, 77, (to) => to.u8(0))),
  "that a run is over which there is not": say(() => done(1234, (to) => int(to, 1))),
  "the end of a run twice": ({ fake, run }) => {
    const end = frame(frames.ENDED, run, (to) => to.u8(2));
    const second = end.slice();
    fake.say(end);
    fake.say(second);
  },
  "an end that is none": say((run) => frame(frames.ENDED, run, (to) => to.u8(9))),
  "a value that ends too early": say((run) => done(run, (to) => to.u8(0))),
  "an Int that is no integer": say((run) => done(run, (to) => int(to, 1.5))),
  "an Int of no form": say((run) => done(run, (to) => to.u8(7))),
  "a small Int in the form of large ones": say((run) => done(run, (to) => (to.u8(1), to.u64(5)))),
  "a list of numbers where there are texts": say((run) =>
    done(run, (to) => {
      int(to, 1);
      to.u8(1);
      to.u32(4);
    }),
  ),
  "text that is no UTF-8": say((run) =>
    done(run, (to) => {
      int(to, 1);
      to.u8(0);
      to.u32(1);
      to.u32(1);
      to.u8(0xff);
    }),
  ),
  "a list of four billion texts": say((run) =>
    done(run, (to) => {
      int(to, 1);
      to.u8(0);
      to.u32(2 ** 20);
    }),
  ),
  "untyped data that is none": say((run) => done(run, (to) => whole(to, [0xff]))),
  "untyped data that claims four billion items": say((run) => done(run, (to) => whole(to, [0x9a, 255, 255, 255, 255]))),
  "a flag that is neither": say((run) => done(run, (to) => (whole(to, [0xf6]), to.u8(3)))),
  "a Char of two": say((run) => done(run, (to) => (whole(to, [0xf6]), to.u8(1), to.text("ab")))),
  "a case that there is not": say((run) => done(run, (to) => (whole(to, [0xf6]), to.u8(0), to.u32(2)))),
  "bytes after the value": say((run) => done(run, (to) => (whole(to, [0xf6]), to.u8(0), to.u32(0), to.u8(1)))),
  "an error of a million lines": say((run) =>
    frame(frames.ENDED, run, (to) => {
      to.u8(1);
      for (const text of ["c", "m", "s"]) to.text(text);
      to.f64(-1);
      to.u32(1_000_000);
    }),
  ),
  "an error of half a branch": say((run) =>
    frame(frames.ENDED, run, (to) => {
      to.u8(1);
      for (const text of ["c", "m", "s"]) to.text(text);
      to.f64(0.5);
    }),
  ),
  "a failure without a code": say((run) => frame(frames.ENDED, run, (to) => (to.u8(3), to.text("Not A Code")))),
  "more than its credit": ({ fake }) => {
    for (let sent = 0; sent <= frames.MOST_SHOWN; sent += 2 ** 15) fake.say(shown(Array<number>(2 ** 15).fill(0)));
    fake.say(shown([0]));
  },
  "an event of four gigabytes": say(() => shown([255, 255, 255, 255])),
  "an event of no kind": say(() => shown([5, 0, 0, 0, 99, 1, 0, 0, 0])),
  "an event of no run": say(() => shown([9, 0, 0, 0, 1, 255, 0, 0, 0, 0, 0, 0, 0])),
  "a line of no level": say((run) => shown([6, 0, 0, 0, 2, run, 0, 0, 0, 9])),
  "a question of no run": say(() => shell(1, 999)),
  "a question twice": ({ fake, run }) => {
    fake.say(shell(1, run));
    fake.say(shell(1, run));
  },
  "too many questions at once": ({ fake, run }) => {
    for (let number = 0; number <= frames.MOST_ASKED; number++) fake.say(shell(number, run));
  },
  "a command that ends too early": say((run) => frame(frames.SHELL, 1, (to) => (to.u32(run), to.u32(5)))),
  "a core call of no package": say((run) =>
    frame(frames.FORK, 1, (to) => {
      to.u32(run);
      to.u32(44);
      to.text("f");
      to.raw(new Uint8Array(32));
    }),
  ),
  "a connection of no run": say(() => connect(1, 999, 0)),
  "a connection to no package": say((run) => connect(1, run, 9)),
  "a connection to a package of its own": say((run) => connect(1, run, 1)),
  "a limit below nothing": say((run) =>
    frame(frames.CONNECT, 1, (to) => (to.u32(run), to.u32(0), to.f64(-1), to.f64(1))),
  ),
  "a connection twice": ({ fake, run }) => {
    fake.say(connect(1, run, 0));
    fake.say(connect(1, run, 0));
  },
  "a call before a start": ({ fake, run }) => {
    fake.say(connect(1, run, 0));
    fake.say(through(1, inner.CALL, 1, (to) => (to.u32(0), to.f64(0), to.text("x"))));
  },
  "two starts": ({ fake, run }) => {
    fake.say(connect(1, run, 0));
    fake.say(start(1));
    fake.say(start(1));
  },
  "a start with four billion imports": ({ fake, run }) => {
    fake.say(connect(1, run, 0));
    fake.say(start(1, 2 ** 32 - 1));
  },
  "a package to be opened where one is": ({ fake, run }) => {
    fake.say(connect(1, run, 0));
    fake.say(through(1, inner.OPEN, 1, () => {}));
  },
  "a handle that it was not given": ({ fake, run }) => {
    fake.say(connect(1, run, 0));
    fake.say(through(1, inner.DROP, 1, (to) => to.f64(7)));
  },
  "an answer to no question of an instance": ({ fake, run }) => {
    fake.say(connect(1, run, 0));
    fake.say(through(1, inner.ANSWER, 5, (to) => (to.f64(0), to.u8(0))));
  },
  "half a frame for an instance": ({ fake, run }) => {
    fake.say(connect(1, run, 0));
    fake.say(frame(frames.FRAME, 1, (to) => to.u8(1)));
  },
};

describe("a run worker that says", () => {
  it.each(Object.entries(LIES))("%s, is ended, and its run with it", async (name, lie) => {
    const world = await started();
    const { fake, realm, over } = world;
    const outcome = over.then(
      (value) => value,
      (thrown: unknown) => thrown,
    );
    lie(world);
    expect(fake.killed, name).toBeGreaterThan(0);
    const lost = await outcome;
    if (name !== "the end of a run twice") {
      expect(lost).toMatchObject({ state: "lost", again: "no", fault: { code: "plugin-trapped" } });
      expect((lost as { fault: Error }).fault.message).toMatch(/broke the protocol: ./);
    }
    expect(realm.alive).toBe(false);
    expect(realm.runs).toBe(0);
    await realm[Symbol.asyncDispose]();
  });
});

describe("a run worker that is honest", () => {
  it("is answered, and its run gives what it says", async () => {
    const { fake, over, run, shown: events } = await started();
    fake.say(shown([8, 0, 0, 0, 1, run, 0, 0, 0, 0, 0, 0, 0].map((byte, at) => (at === 0 ? 9 : byte))));
    fake.say(shell(3, run, "rm"));
    await expect.poll(() => fake.sent.at(-1)).toMatchObject({ kind: "answer", question: 3 });
    fake.say(done(run, (to) => (whole(to, [0xf6]), to.u8(0), to.u32(0))));
    expect(await over).toEqual({ state: "done", value: [1, [], null, null, expect.objectContaining({ index: 0 })] });
    expect(events).toEqual(["print"]);
    expect(fake.killed).toBe(0);
  });

  it("reaches what is outside over a connection, which ends with its run", async () => {
    const { fake, over, run } = await started();
    fake.say(connect(1, run, 0));
    fake.say(start(1));
    await expect.poll(() => fake.sent.filter((message) => message.kind === "frame").length).toBe(1);
    fake.say(through(1, inner.CALL, 2, (to) => (to.u32(0), to.f64(0), to.text("hello"))));
    await expect.poll(() => fake.sent.filter((message) => message.kind === "frame").length).toBe(2);
    expect(new TextDecoder().decode(fake.last("frame").bytes)).toContain("hello");
    fake.say(frame(frames.ENDED, run, (to) => to.u8(2)));
    expect(await over).toEqual({ state: "cancelled" });
    fake.say(through(1, inner.CALL, 3, (to) => (to.u32(0), to.f64(0), to.text("late"))));
    expect(fake.killed).toBe(0);
  });

  it("answers for nothing that its commands were not granted", async () => {
    const { fake, run } = await started();
    fake.say(shell(3, run, "rm"));
    await expect.poll(() => fake.sent.at(-1)).toMatchObject({ kind: "answer", question: 3 });
    expect(new TextDecoder().decode(fake.last("answer").bytes)).toContain("was not granted");
  });
});

describe("a thread that lies", () => {
  it("is ended, and nothing of it is left", { timeout: 30_000 }, async () => {
    const realm = new RunRealm(startRunThread(Infinity, new URL("liar.ts", import.meta.url)));
    await expect(realm.open(programOf())).rejects.toThrow(/broke the protocol: a message of another kind/);
    expect(realm.alive).toBe(false);
    await realm[Symbol.asyncDispose]();
  });
});
