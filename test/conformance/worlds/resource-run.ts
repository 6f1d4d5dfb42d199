/**
 * The resources of an interface, made, used, passed and let go: what was passed away is gone, and nothing is left at the end.
 */
import { isDeepStrictEqual } from "node:util";
import type { WitType } from "../../../src/wit/types.ts";
import { type Handle, integer, type Value } from "../../../src/wit/value.ts";
import { difference } from "./difference.ts";
import type { GeneratedFunction, GeneratedInterface, GeneratedWorld } from "./model.ts";
import { Random } from "./random.ts";
import type { Realisation } from "./realise.ts";
import { randomValue, show, withHandles } from "./values.ts";

/** One interface's resources in one realisation. */
export class ResourceRun {
  last = "";
  calls = 0;
  readonly #iface: GeneratedInterface;
  readonly #realisation: Realisation;
  readonly #random: Random;

  constructor(world: GeneratedWorld, iface: GeneratedInterface, realisation: Realisation) {
    this.#iface = iface;
    this.#realisation = realisation;
    this.#random = new Random(world.seed, world.number, 0x7a11);
  }

  can(kind: "tally" | "thing", act: string): boolean {
    const fn = this.#iface.functions.find(({ does }) => does.kind === kind && does.act === act);
    return fn !== undefined && !this.#realisation.leaves.has(`${this.#iface.id}#${fn.name}`);
  }

  async tallies(): Promise<void> {
    const random = this.#random;
    const number = (): Value => randomValue({ kind: "u64" }, random);
    const [a, b, c] = [number(), number(), number()];
    const first = await this.#tally("new", a);
    expectSame("get", await this.#tally("get", first), a);
    const second = await this.#tally("make", b);
    expectSame("peek", await this.#tally("peek", second), b);
    await this.#selfEcho(first);
    const merged = await this.#tally("merge", first, second);
    expectSame("merge", await this.#tally("get", merged), sum([a, b]));
    await this.#expectMoved(first);
    await this.#expectMoved(second);
    await this.#pass(c);
    await this.#drain();
    await this.#realisation.instance.drop((merged as Handle).id);
    await this.#expectMoved(merged);
    const live = await this.#tally("live");
    if (live !== 0 && !(live === -1 && this.#realisation.name === "javascript"))
      throw new Error(`${show(live)} tallies are left`);
  }

  async things(): Promise<void> {
    const number = (): Value => randomValue({ kind: "u64" }, this.#random);
    const [a, b] = [number(), number()];
    const first = await this.#thing("make", a);
    expectSame("look", await this.#thing("look", first), a);
    const second = await this.#thing("pass", await this.#thing("make", b));
    const merged = await this.#thing("merge", first, second);
    expectSame("merge", await this.#thing("look", merged), sum([a, b]));
    expectSame("things", this.#realisation.host.things, 1);
    await this.#thing("swallow", merged);
    expectSame("things that are left", this.#realisation.host.things, 0);
  }

  async #selfEcho(tally: Value): Promise<void> {
    const fn = this.#function("tally", "self-echo");
    const type = fn.params[1]?.type ?? { kind: "bool" };
    for (let n = 0; n < 3; n++) {
      const value = randomValue(type, this.#random);
      expectEqual(type, await this.#tally("self-echo", tally, value), value);
    }
  }

  /** Handles inside a value: the numbers behind them come back in the same places. */
  async #pass(start: Value): Promise<void> {
    const type = this.#function("tally", "pass").params[0]?.type ?? { kind: "bool" };
    const starts = Array.from({ length: 12 }, (_, at) =>
      integer(BigInt.asUintN(64, BigInt(start as number) + BigInt(at))),
    );
    const pool = [...((await this.#tally("many", starts)) as readonly Value[])];
    const numbers = new Map(pool.map((handle, at) => [(handle as Handle).id, starts[at] ?? 0]));
    const value = randomValue(type, this.#random, () => pool.pop() ?? null);
    const sent = withHandles(type, value, (handle) => numbers.get((handle as Handle).id) ?? null);
    const back = await this.#tally("pass", value);
    const handles: Handle[] = [];
    withHandles(type, back, (handle) => (handles.push(handle as Handle), null));
    const behind = new Map<number, Value>();
    for (const handle of handles) behind.set(handle.id, await this.#tally("get", handle));
    const got = withHandles(type, back, (handle) => behind.get((handle as Handle).id) ?? null);
    if (!isDeepStrictEqual(got, sent)) throw new Error(`pass: ${show(sent)} came back as ${show(got)}`);
    for (const handle of [...handles, ...(pool as Handle[])]) await this.#realisation.instance.drop(handle.id);
  }

  async #drain(): Promise<void> {
    const starts = randomValue({ kind: "list", element: { kind: "u64" } }, this.#random);
    const numbers = Array.from(starts as Iterable<number | bigint>);
    const all = await this.#tally("many", starts);
    expectSame("drain", await this.#tally("drain", all), sum(numbers));
    for (const handle of (all as readonly Value[]).slice(0, 2)) await this.#expectMoved(handle);
  }

  async #expectMoved(handle: Value): Promise<void> {
    const code = await this.#tally("peek", handle).then(
      () => "nothing",
      (thrown: unknown) => (thrown as { code?: string }).code,
    );
    if (code !== "moved") throw new Error(`a handle that was passed away gives ${code}, not moved`);
  }

  #function(kind: "tally" | "thing", act: string): GeneratedFunction {
    const fn = this.#iface.functions.find(({ does }) => does.kind === kind && does.act === act);
    if (fn === undefined) throw new Error(`${this.#iface.id} has no ${act}`);
    return fn;
  }

  #tally(act: string, ...args: readonly Value[]): Promise<Value> {
    return this.#call(this.#function("tally", act), args);
  }

  #thing(act: string, ...args: readonly Value[]): Promise<Value> {
    return this.#call(this.#function("thing", act), args);
  }

  async #call(fn: GeneratedFunction, args: readonly Value[]): Promise<Value> {
    this.last = `${this.#iface.id}#${fn.name}`;
    this.calls++;
    return this.#realisation.instance.call(this.last, args);
  }
}

function sum(numbers: readonly Value[]): Value {
  return integer(
    BigInt.asUintN(
      64,
      numbers.reduce<bigint>((all, each) => all + BigInt(each as number | bigint), 0n),
    ),
  );
}

function expectSame(what: string, got: Value, wanted: Value): void {
  if (got !== wanted) throw new Error(`${what}: ${show(wanted)} came back as ${show(got)}`);
}

function expectEqual(type: WitType, got: Value, wanted: Value): void {
  const other = difference(type, got, wanted);
  if (other !== undefined) throw new Error(`came back otherwise at ${other}\nfor ${show(wanted)}`);
}
