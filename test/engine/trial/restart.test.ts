/** Runs that begin afresh with another version of their program. */
import { describe, expect, it } from "vitest";
import { resumeRun, startOf } from "../../../src/engine/durable/durable-run.ts";
import { sendSignal } from "../../../src/engine/durable/effects/send.ts";
import { migrate } from "../../../src/engine/trial/migrate.ts";
import { Migration } from "../../../src/engine/trial/migration.ts";
import type { RunVerdict } from "../../../src/engine/trial/upgrade.ts";
import { decodeEntry } from "../../../src/journal/entry/entry-codec.ts";
import { atRest, begun, committed, goOn, portsOf, readableOf } from "./kept-run.ts";
import type { Kept } from "./kept-run.ts";

interface Moving {
  readonly from: string;
  readonly to: string;
  readonly by: string;
}

async function restarted({ store }: Kept, { from, to, by }: Moving, dry = false): Promise<readonly RunVerdict[]> {
  const { program, checked } = await readableOf(to);
  const rewrite = { migration: new Migration("move.sennit", by), old: await readableOf(from) };
  return await committed(store, migrate(store, program, to, "r", { checked, rewrite, dry, restart: true }));
}

async function sent({ store }: Kept, name: string, value: string): Promise<void> {
  await committed(store, sendSignal(store, "r", { name, value, sender: name }));
}

async function kinds({ store }: Kept): Promise<readonly string[]> {
  return (await store.read("r", 1)).map(({ bytes }) => decodeEntry(bytes).kind);
}

const OLD = `n = 3; print "old"; sleep (1s); k = random(); a = wait signal("first"); print $"{a}"; x = wait signal("go"); n;`;
const NEW = `param items: [Int]; param name: String = "none";
print $"new {items} {name}"; k = random(); sleep (2s); t = now(); x = wait signal("go"); y = wait signal("more");
$"{items} {x} {y}";`;
const BY = `record Old { n: Int, a: Any }
record New { items: [Int] }
function migrate(old: Old) -> New { New(items: range(old.n)) }`;

async function atGo(): Promise<Kept> {
  const kept = await begun(OLD);
  await sent(kept, "first", "1st");
  await atRest(kept, OLD);
  return kept;
}

describe("migrate() with `restart`", () => {
  it("begins the new version with params made of the old variables; what nobody took is there still", async () => {
    const kept = await atGo();
    await sent(kept, "more", "early");
    const moving = { from: OLD, to: NEW, by: BY };
    expect(await restarted(kept, moving, true)).toMatchObject([
      {
        begins: [
          { name: "items", after: "[0, 1, 2]" },
          { name: "name", after: '"none"' },
        ],
      },
    ]);
    expect(await kinds(kept)).not.toContain("MIGRATE");
    await restarted(kept, moving);
    const after = { store: kept.store.crash(), clock: kept.clock };
    expect(await restarted(after, moving)).toMatchObject([{ begins: [] }]);

    expect(new TextDecoder().decode((await startOf(after.store, "r")).program as Uint8Array)).toBe(NEW);
    await atRest(after, NEW);
    await sent(after, "go", "yes");
    const result = { state: "done", value: "[0, 1, 2] yes early" };
    const last = { store: after.store.crash(), clock: kept.clock };
    expect(await goOn(last, NEW)).toEqual(result);
    const { program } = await readableOf(NEW);
    const ports = portsOf(kept.clock);
    const again = resumeRun(last.store, program, "r", ports, { grants: { allowsCommand: () => false } });
    expect(await committed(last.store, again)).toEqual(result);
    expect((await kinds(last)).filter((kind) => kind === "MIGRATE")).toHaveLength(1);
  });

  it("names no effect as one of the life before, also when it begins again with the same program", async () => {
    const same = `param n: Int = 1; print n; k = random(); sleep (1s); x = wait signal("go"); print $"{k}"; $"{k}";`;
    const by = "record R { n: Int }\nfunction migrate(r: R) -> R { R(n: r.n + 1) }";
    const kept = await begun(same.replace("param n: Int = 1", "n = 1"));
    let from = same.replace("param n: Int = 1", "n = 1");
    const effects = new Set<string>();
    const all: string[] = [];
    for (let life = 0; life < 3; life++) {
      await restarted(kept, { from, to: same, by: life === 2 ? `${by}\n// again` : `${by}\nfunction f${life}() {}` });
      await atRest(kept, same);
      from = same;
    }
    for (const { bytes } of await kept.store.read("r", 1)) {
      const entry = decodeEntry(bytes);
      if (entry.kind === "ARM" || entry.kind === "OUT") all.push(entry.eff);
    }
    for (const effect of all) effects.add(effect);
    expect([effects.size, all.length]).toEqual([8, 8]);
    await sent(kept, "go", "x");
    expect(await goOn({ store: kept.store.crash(), clock: kept.clock }, same)).toMatchObject({ state: "done" });
  });

  it("does not look at snapshots of before, and is in those of after; later moves keep it", async () => {
    const kept = await atGo();
    const sleepy = async (text: string): Promise<void> => {
      const { program } = await readableOf(text);
      const options = { grants: { allowsCommand: () => false }, sleepAfter: 1 };
      const taken = committed(kept.store, resumeRun(kept.store, program, "r", portsOf(kept.clock), options));
      const passing = setInterval(() => kept.clock.pass(), 1);
      expect(await taken).toMatchObject({ state: "asleep" });
      clearInterval(passing);
    };
    const text =
      'param n: Int = 5; m = n; print "begun"; x = wait signal("go"); y = wait signal("more"); $"{m} {x} {y}";';
    await sleepy(OLD);
    await restarted(kept, { from: OLD, to: text, by: "record O { n: Int }\nfunction migrate(o: O) -> O { o }" });
    await sent(kept, "go", "yes");
    await sleepy(text);
    await restarted(kept, {
      from: text,
      to: text,
      by: "record O { m: Int }\nrecord N { n: Int }\nfunction migrate(o: O) -> N { N(n: o.m * 7) }",
    });
    const later = text.replace('$"{m}', '$"later {m}');
    const { program, checked } = await readableOf(later);
    const moving = {
      migration: new Migration("m", "record M { m: Int }\nfunction migrate(m: M) -> M { M(m: m.m + 1) }"),
      old: await readableOf(text),
    };
    await atRest(kept, text);
    await committed(kept.store, migrate(kept.store, program, later, "r", { checked, rewrite: moving }));
    await sleepy(later);
    await sent(kept, "go2", "x");
    await committed(kept.store, sendSignal(kept.store, "r", { name: "go", value: "2nd", sender: "other" }));
    await sent(kept, "more", "more");
    const crashed = { store: kept.store.crash(), clock: kept.clock };
    expect(await goOn(crashed, later)).toEqual({ state: "done", value: "later 22 2nd more" });
  });

  it("is refused where something of the old life is owed or under way, and for params that do not fit (R1)", async () => {
    const none = "record E {}\nfunction migrate(e: E) -> E { e }";
    const refusal = async (from: string, to = "print 1;", by = none): Promise<string> => {
      const kept = await begun(from);
      const failure: unknown = await restarted(kept, { from, to, by }).catch((thrown: unknown) => thrown);
      expect(await kinds(kept)).not.toContain("MIGRATE");
      return String(failure);
    };
    const wait = 'x = wait signal("go");';
    expect(await refusal(`try { undo { print 2; } ${wait} } catch (e) {}`)).toContain("`undo` or `finally`");
    expect(await refusal(`try { ${wait} } finally { print 2; }`)).toContain("`undo` or `finally`");
    expect(await refusal(`workflow w() { ${wait} } t = spawn w(); ${wait}`)).toContain("has not ended");
    expect(await refusal(`workflow w() {} t = spawn w(); ${wait}`)).toContain("not awaited");
    expect(await refusal(wait, "param n: Int; print n;")).toContain("`n` is a param of the new version");
    const gives = (field: string): string =>
      `record E {}\nrecord N { n: ${field} }\nfunction migrate(e: E) -> N { N(n: 1) }`;
    expect(await refusal(wait, "param m: Int = 1;", gives("Int"))).toContain("`n` is no param");
    expect(await refusal(wait, "param n: String;", gives("Int"))).toContain("expected String, found Int");
    const kept = await begun(`try { x = 1; } finally { x = 2; } workflow w() {} await spawn w(); ${wait}`);
    const from = `try { x = 1; } finally { x = 2; } workflow w() {} await spawn w(); ${wait}`;
    expect(await restarted(kept, { from, to: "print 1;", by: none })).toMatchObject([{ begins: [] }]);
    expect(await goOn(kept, "print 1;")).toMatchObject({ state: "done" });
  });

  it("has new instances, and brings those to where they were after a crash", async () => {
    const flow = (params: string, rest: string): string =>
      `require "./plugins/samples/counter-lua" as c;\n${params} a = c.increment(); a = c.increment(); x = wait signal("go");\n${rest}`;
    const [from, to] = [
      flow("", "print a;"),
      flow("param n: Int;", 'print $"{n} {a} {c.increment()}"; (n, a, c.increment());'),
    ];
    const by = "record O { a: Int }\nrecord N { n: Int }\nfunction migrate(o: O) -> N { N(n: o.a) }";
    const kept = await begun(from);
    await restarted(kept, { from, to, by });
    await atRest(kept, to);
    await sent(kept, "go", "x");
    const after = { store: kept.store.crash(), clock: kept.clock };
    expect(await goOn(after, to)).toEqual({ state: "done", value: [2, 2, 4] });
  });
});
