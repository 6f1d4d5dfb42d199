import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Fault } from "../../src/fault.ts";
import type { ImportedFunction, Instance, Plugin } from "../../src/host/plugin.ts";
import { processAdmission } from "../../src/host/python/admission.node.ts";
import { openPython } from "./python-opened.ts";
import type { AnyValue } from "../../src/wit/any.ts";
import { decodeAny, encodeAny } from "../../src/wit/cbor.ts";
import { Callback, CaseValue, ERR, Handle, OK, type Value } from "../../src/wit/value.ts";
import { pythonPackage, surroundings } from "./python-package.ts";

const WIT = `package test:plugin;

interface table {
  record row { id: u32, class: string }
  variant problem { missing(u32), broken }
  find: func(id: u32) -> result<row, problem>;
  resource cursor {
    constructor(start: u32);
    next: func() -> option<row>;
    handle: func() -> u32;
    borrowed: func() -> bool;
    rewind: static func(c: cursor) -> cursor;
  }
  close: func(c: cursor);
}

world plugin {
  import double: func(x: u32) -> u32;
  import later: async func(x: u32) -> u32;
  import table;
  import sennit:host/log@0.1.0;
  import sennit:host/callback@0.1.0;
  use sennit:host/callback@0.1.0.{callback};

  export twice: func(x: u32) -> u32;
  export later-twice: async func(x: u32) -> u32;
  export find: func(id: u32) -> string;
  export walk: func(start: u32) -> list<u32>;
  export names: func(start: u32) -> tuple<u32, bool>;
  export leak: func(start: u32);
  export give-away: func(start: u32) -> bool;
  export apply: func(f: borrow<callback>, x: list<u8>) -> list<u8>;
  export keep: func(f: callback);
  export apply-kept: func(x: list<u8>) -> list<u8>;
  export talk: func();
  export swallow: func(x: u32) -> u32;
  export pair: func(x: u32) -> u32;
}`;

const APP = `import asyncio
import sys
import wit_world
from componentize_py_types import Err
from wit_world.imports import callback, log, table

class WitWorld(wit_world.WitWorld):
    def twice(self, x):
        return wit_world.double(x)

    async def later_twice(self, x):
        first, second = await asyncio.gather(wit_world.later(x), wit_world.later(x))
        return first + second

    def find(self, id):
        try:
            return table.find(id).class_
        except Err as error:
            match error.value:
                case table.Problem_Missing(number):
                    return f"missing {number}"
                case table.Problem_Broken():
                    return "broken"

    def walk(self, start):
        found = []
        with table.Cursor(start) as cursor:
            while (row := cursor.next()) is not None:
                found.append(row.id)
        return found

    def names(self, start):
        with table.Cursor(start) as cursor:
            return cursor.handle(), cursor.borrowed()

    def leak(self, start):
        table.Cursor(start)

    def give_away(self, start):
        cursor = table.Cursor.rewind(table.Cursor(start))
        table.close(cursor)
        try:
            cursor.next()
        except TypeError:
            return True
        return False

    def apply(self, f, x):
        return f.call([x])

    def keep(self, f):
        self.kept = f

    def apply_kept(self, x):
        return self.kept.call([x])

    def talk(self):
        print("one", 2)
        print("three", file=sys.stderr)
        log.write(log.Level.WARN, "four\\nfive")

    def swallow(self, x):
        try:
            return wit_world.double(x)
        except Exception:
            return 0

    async def pair(self, x):
        return x + 1
`;

const sync = (call: (...args: Value[]) => Value): ImportedFunction => ({
  colour: "sync",
  call: (args) => call(...args),
});
const waiting = (call: (...args: Value[]) => Promise<Value>): ImportedFunction => ({
  colour: "async",
  call: (args) => call(...args),
});

const TABLE = "test:plugin/table";

/** Cursors that count down to zero, and a list of what was dropped. */
function cursors(): { readonly imports: Record<string, ImportedFunction>; readonly dropped: Value[] } {
  const left = new Map<number, number>();
  const dropped: Value[] = [];
  const next = (cursor: Value): Value => {
    const { id } = cursor as Handle;
    const count = left.get(id) ?? 0;
    left.set(id, count - 1);
    return count === 0 ? null : [count, "row"];
  };
  const imports = {
    [`${TABLE}#[constructor]cursor`]: sync((start) => {
      left.set(left.size + 1, Number(start));
      return new Handle(99, left.size);
    }),
    [`${TABLE}#[method]cursor.next`]: sync(next),
    [`${TABLE}#[method]cursor.handle`]: sync((cursor) => 100 + (cursor as Handle).id),
    [`${TABLE}#[method]cursor.borrowed`]: sync(() => false),
    [`${TABLE}#[static]cursor.rewind`]: sync((cursor) => cursor),
    [`${TABLE}#close`]: sync(() => null),
    [`${TABLE}#[resource-drop]cursor`]: sync((cursor) => (dropped.push((cursor as Handle).id), null)),
    [`${TABLE}#find`]: sync((id) =>
      id === 1
        ? new CaseValue(OK, [1, "first"])
        : new CaseValue(ERR, id === 2 ? new CaseValue(0, 2) : new CaseValue(1, null)),
    ),
  };
  return { imports, dropped };
}

describe("imports of a Python plugin", () => {
  let plugin: Plugin;
  /** For calls that do not end it. */
  let lasting: Instance;
  const given = (others: Record<string, ImportedFunction> = {}): Record<string, ImportedFunction> => ({
    double: sync((x) => Number(x) * 2),
    later: waiting(async (x) => Number(x) * 10),
    ...cursors().imports,
    ...others,
  });
  beforeAll(async () => {
    plugin = await openPython(pythonPackage({ "app.py": APP, "world.wit": WIT }));
    lasting = await plugin.instantiate(surroundings(given()));
  });
  afterAll(async () => {
    await plugin[Symbol.asyncDispose]();
    expect(processAdmission.living).toBe(0);
  });

  it("are plain functions, whether the host answers at once or later", async () => {
    expect(await lasting.call("twice", [21])).toBe(42);
    await using later = await plugin.instantiate(surroundings(given({ double: waiting(async (x) => Number(x) + 1) })));
    expect(await later.call("twice", [21])).toBe(22);
  });

  it("that are async in WIT are awaited; so are async exports", async () => {
    expect(await lasting.call("later-twice", [3])).toBe(60);
    expect(await lasting.call("pair", [3])).toBe(4);
  });

  it("give results as values and Err", async () => {
    expect(await lasting.call("find", [1])).toBe("first");
    expect(await lasting.call("find", [2])).toBe("missing 2");
    expect(await lasting.call("find", [3])).toBe("broken");
  });

  it("hand out resources, released by `with`, by the collector, and not at all once given away", async () => {
    const { imports, dropped } = cursors();
    await using python = await plugin.instantiate(surroundings(given(imports)));
    expect(await python.call("walk", [3])).toEqual(Uint32Array.of(3, 2, 1));
    expect(dropped).toEqual([1]);
    await python.call("leak", [1]);
    expect(dropped).toEqual([1, 2]);
    expect(await python.call("give-away", [1])).toBe(true);
    expect(dropped).toEqual([1, 2]);
  });

  it("have methods of any name", async () => {
    expect(await lasting.call("names", [1])).toEqual([101, false]);
  });

  it("may be callbacks: a borrowed one for one call, an owned one for longer", async () => {
    const reversed = new Callback(async ([bytes = new Uint8Array()]) =>
      encodeAny((decodeAny(bytes) as readonly AnyValue[]).toReversed()),
    );
    expect(await lasting.call("apply", [reversed, encodeAny([1, 2, 3])])).toEqual(encodeAny([3, 2, 1]));
    await lasting.call("keep", [reversed]);
    expect(await lasting.call("apply-kept", [encodeAny(["a", null])])).toEqual(encodeAny([null, "a"]));
  });

  it("print and log by lines", async () => {
    const options = surroundings(given());
    await using python = await plugin.instantiate(options);
    await python.call("talk", []);
    expect(options.lines).toEqual([
      { level: "info", text: "one 2" },
      { level: "warn", text: "three" },
      { level: "warn", text: "four" },
      { level: "warn", text: "five" },
    ]);
  });

  it("that fail end the call with their own error, which Python cannot swallow", async () => {
    const failing = new Fault("disk-full", "the disk is full");
    await using python = await plugin.instantiate(
      surroundings(given({ double: waiting(() => Promise.reject(failing)) })),
    );
    await expect(python.call("swallow", [1])).rejects.toBe(failing);
    expect(python.alive).toBe(false);
    expect(() => python.call("pair", [1])).toThrow(expect.objectContaining({ code: "plugin-lost" }));
  });

  it("that give a wrong value end the call", async () => {
    await using python = await plugin.instantiate(surroundings(given({ double: sync(() => -1) })));
    await expect(python.call("twice", [1])).rejects.toMatchObject({ code: "out-of-range" });
  });

  it("that lead back into the instance that waits for them are re-entrant (H2)", async () => {
    const answers: unknown[] = [];
    const back = waiting(async (x) => {
      await Promise.resolve();
      const call = async (): Promise<Value> => python.call("pair", [x]);
      answers.push(await call().catch((error: Fault) => error.code));
      return 5;
    });
    await using python = await plugin.instantiate(surroundings(given({ double: back })));
    expect(await python.call("twice", [1])).toBe(5);
    expect(answers).toEqual(["re-entrant"]);
    expect(await python.call("pair", [1])).toBe(2);
  });

  it("that are missing are all named", async () => {
    await expect(plugin.instantiate(surroundings())).rejects.toMatchObject({
      code: "link-failed",
      message: expect.stringMatching(/double, .*later, .*table#find/) as string,
    });
  });
});
