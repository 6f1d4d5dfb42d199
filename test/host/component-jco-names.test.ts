/** Names in core modules that jco would write into its script as they are: none of them becomes code. */
import { describe, expect, it } from "vitest";

import { faultOf, pluginFromText, start } from "./component-fixtures.ts";

/** A name as component text has it. */
const quoted = (name: string): string =>
  `"${[...new TextEncoder().encode(name)].map((byte) => `\\${byte.toString(16).padStart(2, "0")}`).join("")}"`;

const CODE = "f'];(() => {}).constructor('globalThis.injected = 1')();//";

/** Where a core can have a name of its choice. */
const PLACES: Readonly<Record<string, (name: string) => string>> = {
  "an exported function": (name) => `(component
    (core module $m (func (export ${name}) (result i32) (i32.const 7)))
    (core instance $i (instantiate $m))
    (func (export "f") (result u32) (canon lift (core func $i ${name}))))`,
  "an imported module": (name) => `(component
    (core module $given (func (export "g") (result i32) (i32.const 7)))
    (core instance $given (instantiate $given))
    (core module $m (import ${name} "g" (func $g (result i32))) (func (export "f") (result i32) (call $g)))
    (core instance $i (instantiate $m (with ${name} (instance $given))))
    (func (export "f") (result u32) (canon lift (core func $i "f"))))`,
  "an exported memory that another imports": (name) => `(component
    (core module $given (memory (export ${name}) 1))
    (core instance $given (instantiate $given))
    (core module $m (import "given" ${name} (memory 1)) (func (export "f") (result i32) (i32.add (memory.size) (i32.const 6))))
    (core instance $i (instantiate $m (with "given" (instance $given))))
    (func (export "f") (result u32) (canon lift (core func $i "f"))))`,
};

describe.each(Object.keys(PLACES))("the name of %s", (place) => {
  const text = (name: string): string => PLACES[place]?.(quoted(name)) ?? "";

  it.each([CODE, "'", '"', "`", "\\", "a\nb", "a\u2028b", "a\u0000b", "\u202ename"])(
    "%j is refused, and nothing of it runs",
    async (name) => {
      const fault = await faultOf(() => pluginFromText(text(name), {}, { path: "jco" }));
      expect(fault.code).toBe("component-unsupported");
      expect(fault.message).toContain(JSON.stringify(name));
      expect(Object.hasOwn(globalThis, "injected")).toBe(false);
    },
  );

  it.each(["a b", "[method]x.y", "cm32p2|a:b/c@0.2#d", "${1}", "*/ /*", "//", "äöü𝄞", "__proto__x", "new"])(
    "%j is a name as any other",
    async (name) => {
      await using plugin = await pluginFromText(text(name), {}, { path: "jco" });
      await using instance = await start(plugin);
      expect(instance.call("f", [])).toBe(7);
    },
  );

  it("is any name where there is no script", async () => {
    await using plugin = await pluginFromText(text(CODE), {}, { path: "direct" });
    await using instance = await start(plugin);
    expect(instance.call("f", [])).toBe(7);
  });
});
