import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";
import fc from "../fast-check.ts";
import { decodeComponent, decodeWorld } from "../../src/wit/decoder.ts";
import { WitError } from "../../src/wit/error.ts";
import { DEFAULT_LIMITS, type DecodeLimits } from "../../src/wit/limits.ts";
import type { CanonPlan, CoreArgument, CoreItem, LinkPlan } from "../../src/wit/plan.ts";
import { formatWorld } from "../../src/wit/text.ts";
import { EVERYTHING, fromWat, fromWit, index, leb, name, sections, witError } from "./components.ts";

/** Limits that keep a single case of a fuzz run short. */
const SMALL: Partial<DecodeLimits> = { work: 20_000 };

/** D1: a world, or a `WitError`; and who prints the world, or walks the plan, meets nothing unexpected either. */
function survives(bytes: Uint8Array): "world" | "refused" {
  try {
    const { world, plan } = decodeComponent(bytes, SMALL);
    formatWorld(world);
    if (!("reason" in plan)) expectInside(plan, bytes);
    return "world";
  } catch (error) {
    if (error instanceof WitError) return "refused";
    throw error;
  }
}

/** What a plan refers to comes earlier (P1 of plan.ts), and the modules lie in the bytes. */
function expectInside(plan: LinkPlan, bytes: Uint8Array): void {
  const item = (each: CoreItem | null, instances: number): boolean =>
    each === null || (each.kind === "export" ? each.instance < instances : each.index < plan.functions.length);
  const options = ({ memory, realloc, postReturn }: CanonPlan): boolean =>
    [memory, realloc, postReturn].every((each) => item(each, plan.instances.length));
  const argument = (each: CoreArgument, instances: number): boolean =>
    each.kind === "instance" ? each.instance < instances : [...each.items.values()].every((i) => item(i, instances));
  const sound =
    plan.modules.every(({ start, end }) => start <= end && end <= bytes.length) &&
    plan.instances.every(
      ({ module, args }, at) => module < plan.modules.length && [...args.values()].every((each) => argument(each, at)),
    ) &&
    plan.functions.every((each) => each.kind !== "lower" || options(each.options)) &&
    plan.resources.every((each) => item(each.destructor, plan.instances.length)) &&
    [...plan.exports.values()].every((each) => item(each.function, plan.instances.length) && options(each.options));
  if (!sound) throw new Error("a plan refers to what is not there");
}

const NESTED = `(component
  (import "acme:x/t@1.0.0" (instance $t (export "r" (type (sub resource))) (export "f" (func (param "a" (tuple u8 char))))))
  (alias export $t "r" (type $r))
  (component $c
    (import "r" (type $r (sub resource)))
    (import "i" (instance (export "f" (func (param "a" (tuple u8 char))))))
    (type $v (variant (case "a" (list string)) (case "b")))
    (export $e "v" (type $v))
    (export $s "r2" (type $r)))
  (instance $n (instantiate $c (with "r" (type $r)) (with "i" (instance $t))))
  (export "acme:x/u@1.0.0" (instance $n))
  (type $ct (component (import "a" (func)) (export "b" (instance (export "c" (func)))))))`;

/** A core of everything that a plan has: shims, tables, lowered functions, resources, options. */
const LINKED = `(component
  (import "acme:x/t@1.0.0" (instance $t (export "r" (type (sub resource))) (export "f" (func (param "a" string)))))
  (alias export $t "f" (func $f))
  (core module $shim (table (export "t") 2 funcref) (memory (export "m") 1) (global (export "g") i32 (i32.const 1))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 8)) (func (export "dtor") (param i32)))
  (core instance $s (instantiate $shim))
  (alias core export $s "m" (core memory $m))
  (type $own (resource (rep i32) (dtor (core func $s "dtor"))))
  (core func $low (canon lower (func $f) (memory $m) string-encoding=latin1+utf16 (realloc (core func $s "realloc"))))
  (core func $new (canon resource.new $own))
  (core module $main (import "a" "low" (func (param i32 i32))) (import "a" "new" (func (param i32) (result i32)))
    (import "s" "g" (global i32)) (func (export "f") (result i32) (i32.const 0)) (func (export "post") (param i32)))
  (core instance $i (instantiate $main (with "s" (instance $s))
    (with "a" (instance (export "low" (func $low)) (export "new" (func $new))))))
  (func (export "f") (result string)
    (canon lift (core func $i "f") (memory $m) (post-return (core func $i "post")))))`;

const sample = (path: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../../plugins/samples/${path}`, import.meta.url)));

const samples = Promise.all([fromWit(EVERYTHING, "w"), fromWat(NESTED), fromWat(LINKED)]);

describe("decodeWorld() on damaged bytes (D1)", () => {
  it("survives a cut at every offset", async () => {
    for (const sample of await samples) {
      const outcomes = Array.from(sample, (_, length) => survives(sample.subarray(0, length)));

      expect(survives(sample)).toBe("world");
      expect(outcomes.filter((outcome) => outcome === "refused").length).toBeGreaterThan(sample.length / 2);
    }
  });

  it("survives each byte changed", async () => {
    const flips = [0x01, 0x80, 0xff];
    for (const sample of await samples) {
      const outcomes = Array.from(sample, (byte, at) => {
        const damaged = sample.slice();
        damaged[at] = byte ^ (flips[at % flips.length] ?? 0);
        return survives(damaged);
      });

      expect(new Set(outcomes)).toEqual(new Set(["world", "refused"]));
    }
  });

  it.each(["counter-c/counter.wasm", "imports-c/shout.wasm", "conformance-rust/conformance.wasm"])(
    "survives cuts and changes of a real component: %s",
    (path) => {
      const bytes = sample(path);
      const outcomes = new Set<string>();
      for (let at = 8; at < bytes.length; at += 1 + Math.floor(bytes.length / 700)) {
        outcomes.add(survives(bytes.subarray(0, at)));
        outcomes.add(survives(bytes.with(at, (bytes[at] ?? 0) ^ 0x81)));
      }
      expect(outcomes).toEqual(new Set(["world", "refused"]));
    },
  );

  it("survives several random changes", async () => {
    const change = fc.record({ at: fc.nat(), byte: fc.nat({ max: 255 }), remove: fc.nat({ max: 4 }) });
    const all = await samples;
    fc.assert(
      fc.property(
        fc.nat({ max: all.length - 1 }),
        fc.array(change, { minLength: 1, maxLength: 8 }),
        (which, changes) => {
          const bytes = [...(all[which] ?? [])];
          for (const { at, byte, remove } of changes) bytes.splice(8 + (at % bytes.length), remove, byte);
          survives(Uint8Array.from(bytes));
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it("survives bytes that were never a component", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => survives(bytes) === "refused"));
  });

  it("survives random sections behind a good preamble", () => {
    const section = fc.tuple(
      fc.constantFrom(1, 2, 4, 5, 6, 7, 8, 10, 11),
      fc.array(fc.oneof(fc.nat({ max: 8 }), fc.integer({ min: 0x3e, max: 0x7f }), fc.nat({ max: 255 })), {
        maxLength: 30,
      }),
    );
    fc.assert(
      fc.property(fc.array(section, { minLength: 1, maxLength: 4 }), (parts) => {
        survives(sections(...parts));
      }),
      { numRuns: 5_000 },
    );
  });
});

describe("decodeWorld() names what is wrong", () => {
  const CORE_MODULE = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x00];

  it.each<[string, Uint8Array, string, RegExp]>([
    ["nothing", new Uint8Array(), "not-a-component", /not a WebAssembly component/],
    ["text", new TextEncoder().encode("package a:b;"), "not-a-component", /not a WebAssembly component/],
    ["a core module", Uint8Array.from(CORE_MODULE), "not-a-component", /core WebAssembly module/],
    ["a section that is cut", sections([7, [1, 0x70]]).subarray(0, -1), "truncated", /end too early/],
    ["a section with bytes left over", sections([7, [1, 0x70, 0x7d, 0x00]]), "malformed", /longer than its content/],
    ["an unknown section", sections([99, []]), "malformed", /Unknown section 99/],
    ["an unknown type", sections([7, [1, 0x01]]), "malformed", /Unknown type 0x01/],
    ["an unknown built-in", sections([8, [1, 0xee]]), "malformed", /Unknown canonical built-in 0xee/],
    ["a count beyond the bytes", sections([7, [0xff, 0xff, 0xff, 0xff, 0x0f]]), "truncated", /4294967295 items/],
    [
      "an integer that is too long",
      sections([7, [0x80, 0x80, 0x80, 0x80, 0x80, 0x01]]),
      "malformed",
      /longer than its type/,
    ],
    [
      "an integer that is too large",
      sections([7, [0xff, 0xff, 0xff, 0xff, 0x1f]]),
      "malformed",
      /longer than its type/,
    ],
    ["a type that refers to itself", sections([7, [1, 0x70, 0x00]]), "malformed", /no type 0/],
    ["a name that is not UTF-8", sections([7, [1, 0x6d, 1, 2, 0xc3, 0x28]]), "malformed", /not valid UTF-8/],
    ["an empty record", sections([7, [1, 0x72, 0]]), "malformed", /no members/],
    ["an empty fixed list", sections([7, [1, 0x67, 0x7d, 0]]), "malformed", /no elements/],
    [
      "a field that is there twice",
      sections([7, [1, 0x72, 2, ...name("a"), 0x7d, ...name("A"), 0x7d]]),
      "malformed",
      /twice/,
    ],
    ["a map with float keys", sections([7, [1, 0x63, 0x75, 0x7d]]), "malformed", /keys of type f64/],
    ["own of no resource", sections([7, [2, 0x70, 0x7d, 0x69, 0]]), "malformed", /not a resource/],
    [
      "a borrow in a result",
      sections([10, [1, 0, ...name("r"), 3, 1]], [7, [2, 0x68, 0, 0x40, 0, 0, 1]]),
      "malformed",
      /returns a borrowed/,
    ],
    [
      "a stream of borrows",
      sections([10, [1, 0, ...name("r"), 3, 1]], [7, [2, 0x68, 0, 0x66, 1, 1]]),
      "malformed",
      /carries borrowed/,
    ],
    ["an alias out of nowhere", sections([6, [1, 3, 2, 5, 0]]), "malformed", /no 5 scopes/],
    [
      "an alias of what is not exported",
      sections([5, [1, 1, 0]], [6, [1, 1, 0, 0, ...name("x")]]),
      "malformed",
      /exports no func/,
    ],
    [
      "a function of another type",
      sections([7, [1, 0x70, 0x7d]], [10, [1, 0, ...name("f"), 1, 0]]),
      "malformed",
      /not a function type/,
    ],
  ])("%s", (_, bytes, code, message) => {
    const error = witError(() => decodeWorld(bytes));

    expect(error).toMatchObject({ code, message: expect.stringMatching(message) as string });
    expect(error.offset).toBeGreaterThanOrEqual(0);
    expect(error.offset).toBeLessThanOrEqual(bytes.length);
  });

  it("more flags than 32", () => {
    const labels = Array.from({ length: 33 }, (_, i) => name(`f${i}`)).flat();

    expect(witError(() => decodeWorld(sections([7, [1, 0x6e, 33, ...labels]]))).message).toMatch(/has 33 flags/);
  });

  it("an instance that is not given what its component imports", async () => {
    // No tool writes this: the argument's name is changed in the bytes.
    const bytes = await fromWat(`(component (import "f" (func $f)) (component $c (import "xyzzy" (func)))
      (instance (instantiate $c (with "xyzzy" (func $f)))))`);
    bytes[bytes.lastIndexOf("x".charCodeAt(0))] = "w".charCodeAt(0);

    expect(witError(() => decodeWorld(bytes)).message).toMatch(/not given its import `xyzzy`/);
  });
});

describe("decodeWorld() keeps its limits", () => {
  it("refuses instances that double at each level (L1)", () => {
    // Component n has two instances of component n-1, which holds an outer alias to it.
    let inner: number[] = [...sections()];
    for (let level = 0; level < 60; level += 1) {
      inner = [...sections([4, inner], [5, [2, 0, 0, 0, 0, 0, 0]])];
    }

    expect(witError(() => decodeWorld(Uint8Array.from(inner))).code).toBe("too-large");
  });

  it("refuses a type that stands for a huge tree (L2)", () => {
    const pairs = Array.from({ length: 60 }, (_, i) => [0x6f, 2, ...index(i), ...index(i)]).flat();

    expect(witError(() => decodeWorld(sections([7, [61, 0x70, 0x7d, ...pairs]]))).code).toBe("too-large");
  });

  it("refuses many functions of one large type (L2)", () => {
    const wide = [0x6f, ...leb(10_000), ...Array<number>(10_000).fill(0x7d)];
    const imports = Array.from({ length: 60 }, (_, i) => [0, ...name(`f${i}`), 1, 1]).flat();
    const bytes = sections([7, [2, ...wide, 0x40, 1, ...name("p"), 0, 1, 0]], [10, [60, ...imports]]);

    expect(witError(() => decodeWorld(bytes)).message).toMatch(/the world has more than/i);
    expect(decodeWorld(bytes, { worldNodes: 1_000_000 }).imports.functions.size).toBe(60);
  });

  it.each([
    ["wide types", [0x6f, ...leb(15_000), ...Array<number>(15_000).fill(0x7d)]],
    [
      "functions of many parameters",
      [0x40, ...leb(3_000), ...Array.from({ length: 3_000 }, (_, i) => [...name(`p${i}`), 0x7d]).flat(), 1, 0],
    ],
  ])("refuses many instances of %s (L1)", (_, type) => {
    const imports = Array.from({ length: 5_000 }, (_unused, i) => [0, ...name(`i${i}`), 5, 0]).flat();
    const bytes = sections([7, [1, 0x42, 1, 1, ...type]], [10, [...leb(5_000), ...imports]]);

    expect(witError(() => decodeWorld(bytes)).code).toBe("too-large");
  });

  it("refuses types nested too deep", () => {
    const options = (depth: number): Uint8Array => {
      const chain = Array.from({ length: depth - 1 }, (_, i) => [0x6b, ...index(i)]).flat();
      return sections([7, [...leb(depth), 0x7d, ...chain]]);
    };

    expect(decodeWorld(options(DEFAULT_LIMITS.depth)).imports.types.size).toBe(0);
    expect(witError(() => decodeWorld(options(DEFAULT_LIMITS.depth + 1))).code).toBe("too-deep");
  });

  it("refuses components and instance types nested too deep", () => {
    let component: number[] = [...sections()];
    let type: number[] = [0x42, 0];
    for (let level = 0; level < 2_000; level += 1) type = [0x42, 1, 1, ...type];
    for (let level = 0; level < 200; level += 1) component = [...sections([4, component])];

    expect(witError(() => decodeWorld(sections([7, [1, ...type]]))).code).toBe("too-deep");
    expect(witError(() => decodeWorld(Uint8Array.from(component))).code).toBe("too-deep");
  });

  it("refuses long names before they are read", () => {
    const long = name("a".repeat(1_001));

    expect(witError(() => decodeWorld(sections([7, [1, 0x6d, 1, ...long]]))).code).toBe("too-large");
  });

  it("refuses more items than the limit", async () => {
    const bytes = await fromWit(EVERYTHING, "w");

    expect(witError(() => decodeWorld(bytes, { work: 100 })).code).toBe("too-large");
  });
});
