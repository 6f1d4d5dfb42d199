/** The order of things in a call, either way (L1, L3, I1, I3, G1, S3). */
import { describe, expect, it } from "vitest";
import type { CoreValue } from "../../../../src/host/component/abi/abi.ts";
import { resourceDrop, resourceNew, resourceRep } from "../../../../src/host/component/abi/builtins.ts";
import { compileExport } from "../../../../src/host/component/abi/lift.ts";
import { compileImport } from "../../../../src/host/component/abi/lower.ts";
import { AbiTrap } from "../../../../src/host/component/abi/trap.ts";
import type { WitType } from "../../../../src/wit/types.ts";
import { CaseValue, Opaque, type Value } from "../../../../src/wit/value.ts";
import { FakeGuest, functionOf, resourceNamed } from "./guest-memory.ts";

const TEXT: WitType = { kind: "string" };
const U32: WitType = { kind: "u32" };
const FILE = resourceNamed("file");
const WIDE: WitType = { kind: "list", element: { kind: "u32" }, length: 17 };

class File extends Opaque {
  override readonly opaque = "file";
}

describe("post-return (L1)", () => {
  it("runs once after the answer was lifted, with what the core function answered", () => {
    const guest = new FakeGuest();
    guest.u32.set([64, 2], 2);
    guest.u8.set([0x68, 0x69], 64);
    const postReturn = (raw?: CoreValue): undefined => {
      guest.postReturns.push(raw);
      guest.u8.fill(0xff);
    };
    const options = { ...guest.options, postReturn };

    expect(compileExport(functionOf([], TEXT)).bind(guest.abi, () => 8, options)([])).toBe("hi");
    expect(guest.postReturns).toEqual([8]);
    expect(guest.abi.mayLeave).toBe(true);
  });

  it("gets nothing from a function without a result", () => {
    const guest = new FakeGuest();
    let count = -1;
    const options = { ...guest.options, postReturn: (...args: CoreValue[]) => void (count = args.length) };
    compileExport(functionOf([], null)).bind(guest.abi, () => undefined, options)([]);

    expect(count).toBe(0);
  });

  it.each<[string, () => CoreValue]>([
    [
      "the core function traps",
      () => {
        throw new WebAssembly.RuntimeError("unreachable");
      },
    ],
    ["the answer cannot be lifted", () => -8],
  ])("does not run when %s", (_, core) => {
    const guest = new FakeGuest();
    const call = compileExport(functionOf([], TEXT)).bind(guest.abi, core, guest.withPostReturn());

    expect(() => call([])).toThrow(WebAssembly.RuntimeError);
    expect(guest.postReturns).toEqual([]);
  });

  it("that traps lets the call fail", () => {
    const guest = new FakeGuest();
    const options = {
      ...guest.options,
      postReturn: () => {
        throw new WebAssembly.RuntimeError("unreachable");
      },
    };

    expect(() => compileExport(functionOf([], U32)).bind(guest.abi, () => 8, options)([])).toThrow("unreachable");
  });
});

describe("mayLeave (G1)", () => {
  /** What a guest can do to leave. */
  function ways(guest: FakeGuest): Record<string, () => unknown> {
    const imported = compileImport(functionOf([], null)).bind(guest.abi, () => null, guest.options);
    const suspending = compileImport(functionOf([], null)).bindSuspending(guest.abi, () => null, guest.options);
    return {
      "the import relay": () => imported(),
      "the import relay.": () => suspending(),
      "resource.new": () => resourceNew(guest.abi, FILE)(1),
      "resource.drop": () => resourceDrop(guest.abi, FILE)(1),
    };
  }

  it.each(["the import relay", "the import relay.", "resource.new", "resource.drop"])(
    "is false in realloc and in post-return: %s traps there and nowhere else",
    (way) => {
      const guest = new FakeGuest();
      const leave = (): undefined => void ways(guest)[way]?.();
      const params: readonly WitType[] = [TEXT];
      const inRealloc = { ...guest.options, realloc: () => (leave(), 16) };
      const inPostReturn = { ...guest.options, postReturn: () => (leave(), undefined) };
      const message = `${way.replace(/\.$/, "")} was called while the guest may not leave`;
      guest.abi.handles.add(guest.abi.handles.kindOf(FILE), new File(), null);

      expect(() => compileExport(functionOf(params, null)).bind(guest.abi, leave, inRealloc)(["a"])).toThrow(message);
      guest.abi.mayLeave = true;
      expect(() => compileExport(functionOf([], null)).bind(guest.abi, () => undefined, inPostReturn)([])).toThrow(
        message,
      );
      guest.abi.mayLeave = true;
      expect(compileExport(functionOf(params, null)).bind(guest.abi, leave, guest.options)(["a"])).toBeNull();
    },
  );

  it("lets the guest ask what it called an object of its own", () => {
    const guest = new FakeGuest();
    guest.abi.handles.defineGuest(FILE, null);
    resourceNew(guest.abi, FILE)(5);
    guest.abi.mayLeave = false;

    expect(resourceRep(guest.abi, FILE)(1)).toBe(5);
  });

  it("stays false after a trap in realloc", () => {
    const guest = new FakeGuest();
    const realloc = (): never => {
      throw new WebAssembly.RuntimeError("unreachable");
    };
    const call = compileExport(functionOf([TEXT], null)).bind(guest.abi, () => undefined, {
      ...guest.options,
      realloc,
    });

    expect(() => call(["a"])).toThrow("unreachable");
    expect(guest.abi.mayLeave).toBe(false);
  });
});

describe("realloc (S3)", () => {
  it.each<[string, string, "utf8" | "utf16" | "latin1+utf16", number[][]]>([
    ["short ASCII", "abc", "utf8", [[0, 0, 1, 3]]],
    ["nothing", "", "utf8", [[0, 0, 1, 0]]],
    ["short text", "a\u20ac", "utf8", [[0, 0, 1, 4]]],
    ["long ASCII", "a".repeat(100), "utf8", [[0, 0, 1, 100]]],
    [
      "long text",
      `${"a".repeat(100)}\u20ac`,
      "utf8",
      [
        [0, 0, 1, 101],
        [16, 101, 1, 103],
      ],
    ],
    ["UTF-16", "abc", "utf16", [[0, 0, 2, 6]]],
    ["Latin-1", "ab\u00e9", "latin1+utf16", [[0, 0, 2, 3]]],
    ["beyond Latin-1", "ab\u20ac", "latin1+utf16", [[0, 0, 2, 6]]],
  ])("is asked for %s", (_, text, encoding, asked) => {
    const guest = new FakeGuest({ encoding });
    compileExport(functionOf([TEXT], null)).bind(guest.abi, () => undefined, guest.options)([text]);

    expect(guest.reallocs).toEqual(asked);
  });

  it("is asked once for arguments in memory, before what they point to", () => {
    const guest = new FakeGuest();
    const call = compileExport(functionOf([WIDE, TEXT], null)).bind(guest.abi, () => undefined, guest.options);
    call([new Uint32Array(17), "abc"]);

    expect(guest.reallocs).toEqual([
      [0, 0, 4, 76],
      [0, 0, 1, 3],
    ]);
  });

  it("may be missing where nothing is placed, and is a trap where something is", () => {
    const guest = new FakeGuest();
    const options = { ...guest.options, realloc: null, memory: null };

    expect(compileExport(functionOf([U32], U32)).bind(guest.abi, (a) => a, options)([5])).toBe(5);
    expect(() => compileExport(functionOf([TEXT], null)).bind(guest.abi, () => undefined, options)(["a"])).toThrow(
      AbiTrap,
    );
  });
});

describe("memory that grows while the guest runs (M1)", () => {
  it("is read anew after the core function and after the host", () => {
    const guest = new FakeGuest({ pages: 1 });
    const far = 70_000;
    const imported = compileImport(functionOf([TEXT], TEXT)).bind(
      guest.abi,
      ([text]) => {
        guest.memory.grow(1);
        return `${text as string}!`;
      },
      guest.options,
    );
    const core = (at?: CoreValue, length?: CoreValue): CoreValue => {
      guest.memory.grow(1);
      imported(at as CoreValue, length as CoreValue, far + 4 - (far % 4));
      return far + 4 - (far % 4);
    };

    expect(compileExport(functionOf([TEXT], TEXT)).bind(guest.abi, core, guest.options)(["hello"])).toBe("hello!");
  });

  it("may start without a page", () => {
    const guest = new FakeGuest({ pages: 0 });
    const call = compileExport(functionOf([TEXT], U32)).bind(guest.abi, (_, length) => length, guest.options);

    expect([call(["hello"]), call(["hi"])]).toEqual([5, 2]);
  });
});

describe("a guest that may suspend", () => {
  it("gets its arguments at once and answers later, then post-return (L1)", async () => {
    const guest = new FakeGuest();
    const order: string[] = [];
    const core = async (_at?: CoreValue, length?: CoreValue): Promise<CoreValue> => {
      order.push(`called with ${length}`);
      await Promise.resolve();
      guest.memory.grow(1);
      order.push("answered");
      return length as CoreValue;
    };
    const options = { ...guest.options, postReturn: () => void order.push("post-return") };
    const answer = compileExport(functionOf([TEXT], U32)).bindSuspending(guest.abi, core, options)(["hello"]);
    order.push("waiting");

    expect(await answer).toBe(5);
    expect(order).toEqual(["called with 5", "waiting", "answered", "post-return"]);
  });

  it("keeps the scope of each call apart (T3)", async () => {
    const guest = new FakeGuest();
    const first = Promise.withResolvers<undefined>();
    const drop = resourceDrop(guest.abi, FILE);
    const cores = [first.promise, Promise.resolve(undefined)];
    const fn = functionOf([{ kind: "borrow", resource: FILE }], null);
    const indices: number[] = [];
    const core = async (index?: CoreValue): Promise<undefined> => {
      indices.push(index as number);
      await cores.shift();
      if (index === 1) drop(index);
    };
    const call = compileExport(fn).bindSuspending(guest.abi, core, guest.options);
    const [kept, given] = [call([new File()]), call([new File()])];

    await expect(given).rejects.toThrow("the guest kept 1 borrowed handle(s)");
    first.resolve(undefined);
    expect(await kept).toBeNull();
    expect(indices).toEqual([1, 2]);
  });

  it("gives a promise from an import only when the host did, and lends until it is kept (T2)", async () => {
    const guest = new FakeGuest();
    const { handles } = guest.abi;
    const index = handles.add(handles.kindOf(FILE), new File(), null);
    const fn = functionOf([{ kind: "borrow", resource: FILE }], TEXT);
    const later = Promise.withResolvers<Value>();
    const answers: (Value | Promise<Value>)[] = ["now", later.promise];
    const call = compileImport(fn).bindSuspending(guest.abi, () => answers.shift() as Value, guest.options);
    const drop = resourceDrop(guest.abi, FILE);

    expect(call(index, 8)).toBeUndefined();
    expect(guest.u32[3]).toBe(3);
    const waiting = call(index, 8);
    expect(() => drop(index)).toThrow("while it is lent");
    guest.memory.grow(1);
    later.resolve("later");
    expect(await waiting).toBeUndefined();
    expect(guest.u32[3]).toBe(5);
    drop(index);
  });

  it("fails when the host's promise fails, through `failed` (I3)", async () => {
    const guest = new FakeGuest();
    const failed = (thrown: unknown): unknown => new Error("through failed", { cause: thrown });
    const fn = functionOf([], U32);
    const rejects = compileImport(fn).bindSuspending(
      guest.abi,
      () => Promise.reject(new Error("x")),
      guest.options,
      failed,
    );
    const throws = compileImport(fn).bindSuspending(
      guest.abi,
      () => {
        throw new Error("x");
      },
      guest.options,
      failed,
    );

    await expect(rejects()).rejects.toThrow("through failed");
    expect(() => throws()).toThrow("through failed");
  });
});

describe("an import", () => {
  it("has its budget afresh for each call", () => {
    const guest = new FakeGuest({ limits: { nodes: 10, bytes: 10 } });
    const call = compileImport(functionOf([TEXT], null)).bind(guest.abi, () => null, guest.options);

    for (let again = 0; again < 3; again++) expect(call(1_024, 10)).toBeUndefined();
    expect(() => call(1_024, 11)).toThrow(expect.objectContaining({ code: "value-too-large" }));
  });

  it("of any number of core values gets them all", () => {
    for (let count = 0; count <= 17; count++) {
      const guest = new FakeGuest();
      const seen: Value[] = [];
      const fn = functionOf(
        Array.from({ length: count }, () => U32),
        null,
      );
      const call = compileImport(fn).bind(guest.abi, (args) => (seen.push(...args), null), guest.options);
      const given = Array.from({ length: count }, (_, at) => at + 1);
      if (count <= 16) call(...given);
      else {
        guest.u32.set(given, 4);
        call(16);
      }
      expect(seen).toEqual(given);
    }
  });

  it("answers a result without payloads as one core value", () => {
    const guest = new FakeGuest();
    const fn = functionOf([], { kind: "result", ok: null, err: null });
    const call = compileImport(fn).bind(guest.abi, () => new CaseValue(1, null), guest.options);

    expect(call()).toBe(1);
  });

  it("gives the last of two equal keys of a map", () => {
    const guest = new FakeGuest();
    const map: WitType = { kind: "map", key: U32, value: U32 };
    guest.u32.set([1, 10, 2, 20, 1, 30], 4);
    let seen: Value = null;
    const call = compileImport(functionOf([map], null)).bind(
      guest.abi,
      ([given]) => ((seen = given as Value), null),
      guest.options,
    );
    call(16, 3);

    expect(seen).toEqual(
      new Map([
        [1, 30],
        [2, 20],
      ]),
    );
  });
});
