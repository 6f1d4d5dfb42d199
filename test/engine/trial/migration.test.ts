/** Migrations: variables of runs rewritten where they are, by a function. */
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
  readonly dry?: boolean;
}

async function moved({ store }: Kept, { from, to, by, dry = false }: Moving): Promise<readonly RunVerdict[]> {
  const { program, checked } = await readableOf(to);
  const rewrite = { migration: new Migration("move.sennit", by), old: await readableOf(from) };
  return await committed(store, migrate(store, program, to, "r", { checked, rewrite, dry }));
}

async function sent({ store }: Kept, name: string, value: string): Promise<void> {
  await committed(store, sendSignal(store, "r", { name, value, sender: name }));
}

const OLD = `cents = 1250;
label = "tea";
x = wait signal("go");
print $"{label}: {cents} {x}";
cents;
`;

const NEW = `total = 0.0;
cents = 0;
label = "";
tags: [String] = [];
note: String? = nil;
x = wait signal("go");
tags = push(tags, "more");
print $"{label}: {total} {tags} {note ?? "none"} {x}";
y = wait signal("again");
total;
`;

const MOVE = `record Old { cents: Int, label: String }
record New { total: Float, label: String, tags: [String], note: String }

function migrate(old: Old) -> New {
  New(total: old.cents / 100, label: upper(old.label), tags: [old.label], note: "moved")
}
`;

describe("migrate() with a migration", () => {
  it("rewrites the variables that it names, and the run goes on with them", async () => {
    const kept = await begun(OLD);
    const [verdict] = await moved(kept, { from: OLD, to: NEW, by: MOVE });

    expect(verdict).toMatchObject({
      verdict: { kind: "continues" },
      rewritten: [
        { name: "total", before: "0.0", after: "12.5" },
        { name: "label", before: '""', after: '"TEA"' },
        { name: "tags", before: "[]", after: '["tea"]' },
        { name: "note", before: "nil", after: '"moved"' },
      ],
    });
    await sent(kept, "go", "yes");
    await sent(kept, "again", "yes");
    expect(new TextDecoder().decode((await startOf(kept.store, "r")).program as Uint8Array)).toBe(NEW);
    expect(await goOn({ store: kept.store.crash(), clock: kept.clock }, NEW)).toEqual({ state: "done", value: 12.5 });
  });

  it("is not applied twice, also when nobody heard that it was applied (M3)", async () => {
    const kept = await begun(OLD);
    const by = `record R { cents: Int }\nfunction migrate(r: R) -> R { R(cents: r.cents * 2) }\n`;
    expect(await moved(kept, { from: OLD, to: OLD, by, dry: true })).toMatchObject([
      { rewritten: [{ before: "1250", after: "2500" }] },
    ]);
    await moved(kept, { from: OLD, to: OLD, by });
    const again = await moved({ store: kept.store.crash(), clock: kept.clock }, { from: OLD, to: OLD, by });
    expect(again).toMatchObject([{ verdict: { kind: "continues" } }]);
    expect(again[0]?.rewritten).toBeUndefined();
  });

  it("stays through later moves, wherever the program has its variables then", async () => {
    const kept = await begun(OLD);
    await moved(kept, { from: OLD, to: NEW, by: MOVE });
    await sent(kept, "go", "yes");
    await atRest(kept, NEW);
    const later = `before = 1;\nother = "x";\n${NEW.replace("total;", '$"{before} {total} {label} {tags}";')}`;
    const { program, checked } = await readableOf(later);
    expect(await committed(kept.store, migrate(kept.store, program, later, "r", { checked }))).toMatchObject([
      { verdict: { kind: "continues" } },
    ]);
    const without = NEW.replaceAll("total", "sum");
    const other = await readableOf(without);
    const refused = migrate(kept.store, other.program, without, "r", { checked: other.checked });
    expect(await committed(kept.store, refused)).toMatchObject([{ verdict: { kind: "unknown" } }]);

    await sent(kept, "again", "yes");
    const crashed = { store: kept.store.crash(), clock: kept.clock };
    expect(await goOn(crashed, later)).toEqual({ state: "done", value: '1 12.5 TEA ["tea", "more"]' });
  });

  it("is in a snapshot that is taken later, and large values too", async () => {
    const from = 'big = ""; x = wait signal("go"); print "on"; y = wait signal("again"); len(big);';
    const by = `record Old {}\nrecord New { big: String }
function migrate(old: Old) -> New { t = "x"; for i in range(16) { t = t + t; } New(big: t) }`;
    const kept = await begun(from);
    await moved(kept, { from, to: from, by });
    await sent(kept, "go", "yes");
    const { program } = await readableOf(from);
    const options = { grants: { allowsCommand: () => false }, sleepAfter: 1 };
    const taken = committed(kept.store, resumeRun(kept.store, program, "r", portsOf(kept.clock), options));
    const passing = setInterval(() => kept.clock.pass(), 1);
    expect(await taken).toMatchObject({ state: "asleep" });
    clearInterval(passing);
    await sent(kept, "again", "yes");

    expect((await kept.store.header("r"))?.snap).toBeGreaterThan(0);
    expect(new TextDecoder().decode((await startOf(kept.store, "r")).program as Uint8Array)).toBe(from);
    const crashed = { store: kept.store.crash(), clock: kept.clock };
    expect(await goOn(crashed, from)).toEqual({ state: "done", value: 65_536 });
  });

  it("gives each variable a list of its own, also to one that grows in place", async () => {
    const text = `a: [Int] = []; b: [Int] = []; c: [[Int]] = [];
for i in range(3) { a = push(a, i); b = push(b, i); }
x = wait signal("go");
for i in range(2) { a = push(a, 10); b = push(b, 20); }
(a, b, c);`;
    const by = `record Old {}\nrecord New { a: [Int], b: [Int], c: [[Int]] }
function migrate(old: Old) -> New { xs = [7]; New(a: xs, b: xs, c: [xs]) }`;
    const kept = await begun(text);
    await moved(kept, { from: text, to: text, by });
    await sent(kept, "go", "yes");
    const value = [[7, 10, 10], [7, 20, 20], [[7]]];
    expect(await goOn(kept, text)).toEqual({ state: "done", value });
  });

  it("takes types by what they are made of, and loses nothing of them", async () => {
    const from = `record P { x: Int, y: Int } enum Size { small, big } variant S { dot, circle(Int) }
p = P(x: 1, y: 2); s = Size.big; shape = circle(3); m = ["a": 1]; d = 3s; n: Int? = 4; any = json_decode("{\\"k\\": [1, 2.0]}");
x = wait signal("go");
print $"{p} {s} {shape} {m} {d} {n} {any}";`;
    const to = `record P { y: Float, x: Int? } enum Size { big, small, huge } variant S { square(Int), circle(Float), dot }
p = P(y: 0.0, x: nil); s = Size.small; shape = square(1); m = ["a": 1.0]; d = 1s; n: Int? = nil; any = json_decode("1");
x = wait signal("go");
$"{p} {s} {shape} {m} {d} {n} {any}";`;
    const record = `p: P, s: Size, shape: S, m: Map<String, Int>, d: Duration, n: Int?, any: Any`;
    const by = `record P { x: Int, y: Int } enum Size { small, big } variant S { dot, circle(Int) }
record All { ${record} }
function migrate(old: All) -> All { old }`;
    const kept = await begun(from);
    await moved(kept, { from, to, by });
    await sent(kept, "go", "yes");
    const value = 'P(y: 2.0, x: 1) big circle(3.0) ["a": 1.0] 3s 4 {"k": [1, 2.0]}';
    expect(await goOn(kept, to)).toEqual({ state: "done", value });
  });
});

describe("a migration that is refused", () => {
  async function refusal(from: string, to: string, by: string): Promise<string> {
    const kept = await begun(from);
    const failure: unknown = await moved(kept, { from, to, by }).catch((thrown: unknown) => thrown);
    const kinds = (await kept.store.read("r", 1)).map(({ bytes }) => decodeEntry(bytes).kind);
    expect(kinds).not.toContain("MIGRATE");
    return String(failure);
  }

  const gives = (fields: string, made: string): string =>
    `record Old {}\nrecord New { ${fields} }\nfunction migrate(old: Old) -> New { New(${made}) }`;

  it("names everything that is wrong with its names and types, at its place", async () => {
    const by = `record Old { cent: Int, label: Int }
record New { total: String, nots: Int }
function migrate(old: Old) -> New { New(total: "", nots: 1) }`;
    const text = await refusal(OLD, NEW, by);

    expect(text).toContain("The old version has no variable `cent`");
    expect(text).toContain("move.sennit:1:14");
    expect(text).toContain("Did you mean `cents`?");
    expect(text).toContain("label: expected Int, found String");
    expect(text).toContain("total: expected Float, found String");
    expect(text).toContain("move.sennit:2:29");
  });

  it("says what keeps it from being one", () => {
    const problem = (text: string): string => {
      try {
        return new Migration("move.sennit", text).digest;
      } catch (failure) {
        return String(failure);
      }
    };
    const good = "record R { n: Int }\nfunction migrate(r: R) -> R { r }";
    expect(problem(good)).toMatch(/^[0-9a-f]{64}$/);
    expect(problem(`${good}\nprint "x";`)).toContain("A migration has functions only");
    expect(problem(`param n: Int;\n${good}`)).toContain("A migration has functions only");
    expect(problem(good.replace("{ r }", '{ log("x"); r }'))).toContain("A migration has no effects");
    expect(problem(`${good}\nfunction f() -> Float { random() }`)).toContain("A migration has no effects");
    expect(problem(`${good}\nworkflow w() { sleep(1s); }`)).toContain("A migration has no effects");
    expect(problem(`require f from "acme:x";\n${good}`)).toContain("a migration requires no packages");
    expect(problem(good.replace("migrate", "other"))).toContain("A migration has a function `migrate`");
    expect(problem("function migrate(n: Int) -> Int { n }")).toContain("A migration takes one record");
    expect(problem("record R { n: Int")).toContain("unclosed-bracket");
  });

  it("fails where its function fails, or does not end", async () => {
    const from = 'n = 1; x = wait signal("go");';
    expect(await refusal(from, from, gives("n: Int", "n: 1 div 0"))).toContain("move.sennit:3:44: division-by-zero");
    const endless = `${gives("n: Int", "n: f()")}\nfunction f() -> Int { n = 0; while (true) { n = n + 1; } n }`;
    expect(await refusal(from, from, endless)).toContain("takes too long");
  });

  it("does not rewrite what a branch, or one to come, goes on with", async () => {
    const branch = (use: string): string => `n = 1; m = 2; para { seq { wait signal("a"); ${use} } wait signal("b"); }`;
    expect(await refusal(branch("print n;"), branch("print n;"), gives("n: Int", "n: 2"))).toContain(
      "`n` cannot be rewritten: branch 0 of `para` goes on with its value",
    );
    const each = `n = 1; para for x in [1, 2, 3] limit 1 { wait signal("a"); seq { print n + x; } }`;
    expect(await refusal(each, each, gives("n: Int", "n: 2"))).toContain("element 0 of `para for`");

    const kept = await begun(branch("print n;"));
    const by = gives("m: Int", "m: 9");
    const text = `${branch("print n;")} m;`;
    await moved(kept, { from: branch("print n;"), to: text, by });
    await sent(kept, "a", "x");
    await sent(kept, "b", "x");
    expect(await goOn(kept, text)).toEqual({ state: "done", value: 9 });
  });

  it("makes nothing nil that the program may have tested", async () => {
    const tested = 'n: Int? = 1; if (n != nil) { x = wait signal("go"); print n + 1; }';
    expect(await refusal(tested, tested, gives("n: Int?", "n: nil"))).toContain("`n` may not become nil");
    const free = 'n: Int? = 1; x = wait signal("go"); n ?? 7;';
    const kept = await begun(free);
    await moved(kept, { from: free, to: free, by: gives("n: Int?", "n: nil") });
    await sent(kept, "go", "x");
    expect(await goOn(kept, free)).toEqual({ state: "done", value: 7 });
  });

  it("knows variables only where they are: not those of a block that is over", async () => {
    const text = (
      where: string,
    ): string => `n = 1; seq { k = 5; print k; ${where === "in" ? 'wait signal("go"); print k;' : ""} }
${where === "in" ? "" : 'wait signal("go");'} n;`;
    expect(await refusal(text("out"), text("out"), gives("k: Int", "k: 2"))).toContain("no variable `k`");
    const kept = await begun(text("in"));
    expect(await moved(kept, { from: text("in"), to: text("in"), by: gives("k: Int", "k: 2") })).toMatchObject([
      { rewritten: [{ name: "k", before: "5", after: "2" }] },
    ]);
    const twice = 'n = 1; print n; n: String = "a"; x = wait signal("go"); print n;';
    expect(await refusal(twice, twice, gives("n: String", 'n: "b"'))).toContain("more than one type");
  });
});
