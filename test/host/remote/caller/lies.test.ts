/** A realm that lies: each breach of the protocol ends it at once, with a fault that says so. */
import { beforeEach, describe, expect, it } from "vitest";
import type { InstanceOptions } from "../../../../src/host/plugin.ts";
import type { Channel, Ended } from "../../../../src/host/remote/ways/channel.ts";
import * as frames from "../../../../src/host/remote/frames/kinds.ts";
import { RemoteInstance } from "../../../../src/host/remote/caller/instance.node.ts";
import { Writer } from "../../../../src/host/remote/frames/writer.ts";
import { worldFromText } from "../../../../src/host/wit-source.ts";
import { Callback, Handle, type Value } from "../../../../src/wit/value.ts";
import { plainOptions } from "../../../conformance/options.ts";
import { faultOf } from "../../component-fixtures.ts";

const world = await worldFromText(`package test:t;
  interface host { resource thing; get: func(n: u32) -> u32; }
  world w {
    include sennit:plugin/plugin@0.1.0;
    import host;
    import missing: func();
    use host.{thing};
    use sennit:host/callback@0.1.0.{callback};
    export text: func() -> string;
    export words: func() -> list<tuple<string, u32>>;
    export bytes: func() -> list<u8>;
    export flag: func() -> bool;
    export letter: func() -> char;
    export choice: func() -> option<u8>;
    export table: func() -> list<list<f64>>;
    export give: func() -> thing;
    export take: func(t: borrow<thing>) -> thing;
    export lend: func(f: borrow<callback>);
  }`);
const exported = [...world.exports.functions.keys()];
const imported = [...world.imports.interfaces.entries()].flatMap(([id, { functions }]) =>
  [...functions.keys()].map((name) => `${id}#${name}`),
);

class Fake implements Channel {
  readonly sent: Uint8Array[] = [];
  killed = 0;
  #receive: (frame: Uint8Array<ArrayBuffer> | null) => void = () => {};
  #end: (ended: Ended) => void = () => {};
  readonly gone = new Promise<Ended>((resolve) => {
    this.#end = resolve;
  });

  send(frame: Uint8Array): void {
    this.sent.push(frame);
  }

  listen(receive: (frame: Uint8Array<ArrayBuffer> | null) => void): void {
    this.#receive = receive;
  }

  async kill(): Promise<void> {
    this.killed += 1;
    this.#end({ code: "plugin-trapped", why: "killed" });
  }

  say(frame: Uint8Array<ArrayBuffer> | null): void {
    this.#receive(frame);
  }
}

const writer = new Writer({ give: () => 0, take: () => null });

function frame(kind: number, number: number, body: (to: Writer) => void = () => {}): Uint8Array<ArrayBuffer> {
  body(writer.start(kind, number));
  return writer.finish();
}

/** An answer to the second question, the first call. */
const answer = (body: (to: Writer) => void = () => {}): Uint8Array<ArrayBuffer> =>
  frame(frames.CALL, 2, (to) => {
    to.u8(1);
    to.u8(frames.OK);
    body(to);
  });

const question = (
  kind: number,
  number: number,
  body: (to: Writer) => void,
  call: number = 2,
): Uint8Array<ArrayBuffer> =>
  frame(kind, number, (to) => {
    to.u32(call);
    body(to);
  });

const sleep = (number: number): Uint8Array<ArrayBuffer> => question(frames.SLEEP, number, (to) => to.f64(1));
const lines = (count: number, level: number = 2): Uint8Array<ArrayBuffer> =>
  frame(frames.LOG, 0, (to) => {
    to.u32(count);
    to.u8(level);
    to.text("x");
  });
const failed = (code: string, source: string): Uint8Array<ArrayBuffer> =>
  frame(frames.CALL, 2, (to) => {
    to.u8(1);
    to.u8(frames.FAILED);
    for (const text of [code, source, "no", ""]) to.text(text);
    to.u8(0);
  });

type Say = (fake: Fake) => void;

/** The function that is called, and what the realm says then. */
const LIES: readonly (readonly [string, call: string, Say])[] = [
  ["an answer to nothing", "text", (fake) => fake.say(frame(frames.CALL, 99, (to) => to.u8(1)))],
  ["an answer of another kind", "text", (fake) => fake.say(frame(frames.DROP, 2, (to) => to.u8(1)))],
  ["the answer that it is started, again", "text", (fake) => fake.say(frame(frames.START, 1, (to) => to.u8(1)))],
  ["no frame", "text", (fake) => fake.say(null)],
  ["an empty frame", "text", (fake) => fake.say(new Uint8Array(0))],
  ["half a head", "text", (fake) => fake.say(Uint8Array.of(frames.CALL, 2, 0))],
  ["too large a frame", "text", (fake) => fake.say(new Uint8Array(frames.MOST_BYTES + 1))],
  ["a kind that there is not", "text", (fake) => fake.say(frame(200, 2))],
  ["what only the caller says", "text", (fake) => fake.say(frame(frames.CREDIT, 5))],
  ["a status that there is not", "text", (fake) => fake.say(frame(frames.CALL, 2, (to) => (to.u8(1), to.u8(9))))],
  ["a life that is neither", "text", (fake) => fake.say(frame(frames.CALL, 2, (to) => (to.u8(7), to.u8(0))))],
  ["no value", "text", (fake) => fake.say(answer())],
  ["a text that ends too early", "text", (fake) => fake.say(answer((to) => (to.u32(1000), to.u8(65))))],
  ["a text that is not UTF-8", "text", (fake) => fake.say(answer((to) => (to.u32(1), to.u8(0xff))))],
  [
    "a text with a lone surrogate",
    "text",
    (fake) => fake.say(answer((to) => (to.u32(3), to.raw(Uint8Array.of(0xed, 0xa0, 0x80))))),
  ],
  ["bytes left over", "text", (fake) => fake.say(answer((to) => (to.text("x"), to.u8(0))))],
  ["a boolean of 2", "flag", (fake) => fake.say(answer((to) => to.u8(2)))],
  ["a surrogate as char", "letter", (fake) => fake.say(answer((to) => to.u32(0xd800)))],
  ["a char beyond the last", "letter", (fake) => fake.say(answer((to) => to.u32(0x11_0000)))],
  ["an option of 2", "choice", (fake) => fake.say(answer((to) => to.u8(2)))],
  ["4 G bytes that are not there", "bytes", (fake) => fake.say(answer((to) => to.u32(0xffff_ffff)))],
  ["32 GB of floats that are not there", "table", (fake) => fake.say(answer((to) => (to.u32(1), to.u32(0xffff_ffff))))],
  ["a handle that it was not given", "give", (fake) => fake.say(answer((to) => to.f64(1)))],
  ["a handle that is no number", "give", (fake) => fake.say(answer((to) => to.f64(Number.NaN)))],
  ["a question during nothing", "text", (fake) => fake.say(question(frames.SLEEP, 1, (to) => to.f64(1), 77))],
  [
    "a question during its start, which is over",
    "text",
    (fake) => fake.say(question(frames.SLEEP, 1, (to) => to.f64(1), 0)),
  ],
  ["an import that there is not", "text", (fake) => fake.say(question(frames.IMPORT, 1, (to) => to.u32(99)))],
  ["an import that was not given", "text", (fake) => fake.say(question(frames.IMPORT, 1, (to) => to.u32(0)))],
  [
    "a callback that it was not given",
    "text",
    (fake) => fake.say(question(frames.CALLBACK, 1, (to) => (to.f64(1), to.u32(0)))),
  ],
  ["a question twice", "text", (fake) => (fake.say(sleep(1)), fake.say(sleep(1)))],
  ["too many questions", "text", (fake) => manyTimes(frames.MOST_QUESTIONS + 1, (at) => fake.say(sleep(at + 1)))],
  ["a sleep of NaN", "text", (fake) => fake.say(question(frames.SLEEP, 1, (to) => to.f64(Number.NaN)))],
  ["a sleep in the past", "text", (fake) => fake.say(question(frames.SLEEP, 1, (to) => to.f64(-1)))],
  ["a line of no level", "text", (fake) => fake.say(lines(1, 9))],
  ["fewer lines than it says", "text", (fake) => fake.say(lines(2))],
  ["too many lines", "text", (fake) => fake.say(lines(frames.MOST_NOTE_LINES + 1))],
  ["a flood", "text", (fake) => manyTimes(frames.MOST_NOTES + 1, () => fake.say(lines(1)))],
  [
    "too large a message that nobody asked for",
    "text",
    (fake) => fake.say(frame(frames.LOG, 0, (to) => to.raw(new Uint8Array(2 ** 20)))),
  ],
  [
    "the failure of a question that did not fail",
    "text",
    (fake) => fake.say(frame(frames.CALL, 2, (to) => (to.u8(1), to.u8(frames.IMPORT_FAILED), to.u32(5)))),
  ],
  ["a fault with a code that is none", "text", (fake) => fake.say(failed("Not A Code", "test:t"))],
];

function manyTimes(count: number, act: (at: number) => void): void {
  for (let at = 0; at < count; at++) act(at);
}

const thing = new Handle(9, 4);
const forever = new Promise<never>(() => {});

describe("a realm that lies", () => {
  let fake: Fake;
  let asked: number;
  let instance: RemoteInstance;

  const open = async (overrides: Partial<InstanceOptions> = {}): Promise<void> => {
    fake = new Fake();
    asked = 0;
    const given = imported.filter((key) => key.startsWith("test:t/host#"));
    const count = async (): Promise<Value> => ((asked += 1), 1);
    const imports = new Map(given.map((key) => [key, { colour: "async" as const, call: count }]));
    const parts = { source: "test:t", world, overlap: false, limits: {}, startDeadline: 1000, channel: fake };
    instance = new RemoteInstance(parts, plainOptions({ imports, sleep: () => forever, ...overrides }));
    const started = instance.start();
    fake.say(frame(frames.START, 1, (to) => (to.u8(1), to.u8(frames.OK))));
    await started;
  };
  beforeEach(() => open());

  it.each(LIES)("with %s, is ended at once", async (_, call, say) => {
    const calling = faultOf(() => instance.call(call, []));
    say(fake);
    expect(fake.killed).toBe(1);
    const fault = await calling;
    expect(fault).toMatchObject({ code: "plugin-trapped", source: "test:t" });
    expect(fault.message).toContain("broke the protocol");
    expect(await faultOf(() => instance.call(call, []))).toMatchObject({ code: "plugin-lost" });
    const said = fake.sent.length;
    say(fake);
    expect([fake.killed, fake.sent.length, asked]).toEqual([1, said, 0]);
  });

  it("with 4 G elements, is ended before any of them is made", async () => {
    const calling = faultOf(() => instance.call("words", []));
    fake.say(answer((to) => to.u32(0xffff_ffff)));
    expect(await calling).toMatchObject({ code: "value-too-large", source: "test:t" });
    expect(fake.killed).toBe(1);
  });

  it("may speak unasked within its credit, which comes back only while it is busy", async () => {
    const seen: string[] = [];
    await open({ log: ({ text }) => seen.push(text) });
    const calling = Promise.resolve(instance.call("text", []));
    for (let turn = 0; turn < 5; turn++) {
      manyTimes(frames.MOST_NOTES, () => fake.say(lines(1)));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(seen).toHaveLength(5 * frames.MOST_NOTES);
    fake.say(answer((to) => to.text("done")));
    expect(await calling).toBe("done");
    manyTimes(frames.MOST_NOTES, () => fake.say(lines(1)));
    await new Promise((resolve) => setImmediate(resolve));
    expect(fake.killed).toBe(0);
    fake.say(lines(1));
    expect(fake.killed).toBe(1);
  });

  it("cannot speak in the name of others", async () => {
    const calling = faultOf(() => instance.call("text", []));
    fake.say(failed("cancelled", "program"));
    expect(await calling).toMatchObject({ code: "cancelled", source: "test:t" });
  });

  it("gives back what it was lent during the call, and not after it", async () => {
    const calling = Promise.resolve(instance.call("take", [thing]));
    fake.say(answer((to) => to.f64(1)));
    expect(await calling).toBe(thing);
    const again = faultOf(() => instance.call("give", []));
    fake.say(frame(frames.CALL, 3, (to) => (to.u8(1), to.u8(frames.OK), to.f64(1))));
    expect(await again).toMatchObject({ code: "plugin-trapped" });
  });

  it("cannot call a function of the workflow after the call that lent it", async () => {
    let called = 0;
    const callback = new Callback(async () => ((called += 1), Uint8Array.of(0xf6)));
    const call = (): Uint8Array<ArrayBuffer> => question(frames.CALLBACK, 1, (to) => (to.f64(1), to.u32(0)));
    const first = Promise.resolve(instance.call("lend", [callback]));
    fake.say(call());
    fake.say(answer());
    expect(await first).toBeNull();
    const second = faultOf(() => instance.call("text", []));
    fake.say(question(frames.CALLBACK, 2, (to) => (to.f64(1), to.u32(0)), 3));
    expect(await second).toMatchObject({ code: "plugin-trapped" });
    expect(called).toBe(1);
  });

  it("that ends by itself fails the call with the reason", async () => {
    const calling = faultOf(() => instance.call("text", []));
    void fake.kill();
    expect(await calling).toMatchObject({ code: "plugin-trapped", message: "test:t failed in text: killed" });
    expect(instance.alive).toBe(false);
  });

  it("has every export tried", () => {
    const tried = new Set([...LIES.map(([, call]) => call), "words", "take", "lend"]);
    expect(exported.filter((name) => !tried.has(name))).toEqual([]);
  });
});
