import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";
import { describe, expect, it } from "vitest";

import { openComponent } from "../../src/host/component/plugin.node.ts";
import { CaseValue, ERR, Handle, OK, type Value } from "../../src/wit/value.ts";
import {
  ADD,
  ASKER,
  BOOM,
  COUNTER,
  DEEP,
  faultOf,
  GROW,
  ORACLE_ASK,
  ORACLE_TRY,
  packageOf,
  PATHS,
  pluginFromText,
  start,
  waiting,
} from "./component-fixtures.ts";
import { temporaryFolder } from "./temporary.ts";

const asking = { [ORACLE_ASK]: () => 1, [ORACLE_TRY]: () => new CaseValue(OK, 1) };

/** Makes a thing of the host, asks it and lets go of it; gives a thing back; asks one that is lent. */
const KEEPER = `(component
  (import "t:host/things@1.0.0" (instance $things
    (export "thing" (type $t (sub resource)))
    (export "[constructor]thing" (func (param "n" u32) (result (own $t))))
    (export "[method]thing.get" (func (param "self" (borrow $t)) (result u32)))))
  (alias export $things "thing" (type $thing))
  (core func $make (canon lower (func $things "[constructor]thing")))
  (core func $get (canon lower (func $things "[method]thing.get")))
  (core func $drop (canon resource.drop $thing))
  (core module $m
    (import "" "make" (func $make (param i32) (result i32)))
    (import "" "get" (func $get (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "use") (param i32) (result i32) (local $h i32)
      (local.set $h (call $make (local.get 0)))
      (call $get (local.get $h))
      (call $drop (local.get $h)))
    (func (export "same") (param i32) (result i32) (local.get 0))
    (func (export "ask") (param i32) (result i32) (call $get (local.get 0)) (call $drop (local.get 0))))
  (core instance $i (instantiate $m
    (with "" (instance (export "make" (func $make)) (export "get" (func $get)) (export "drop" (func $drop))))))
  (func (export "use") (param "n" u32) (result u32) (canon lift (core func $i "use")))
  (func (export "same") (param "x" (own $thing)) (result (own $thing)) (canon lift (core func $i "same")))
  (func (export "ask") (param "x" (borrow $thing)) (result u32) (canon lift (core func $i "ask"))))`;

describe.each(PATHS)("a component linked by %s", (path) => {
  it("call() answers synchronously, and state carries from call to call", async () => {
    await using plugin = await pluginFromText(COUNTER, {}, { path });
    await using instance = await start(plugin);

    expect(instance.call(ADD, [2])).toBe(2);
    expect(instance.call("add-one", [3])).toBe(5);
    expect(instance.colour).toBe("sync");
  });

  it("a hundred instances at once each count for themselves (I2)", async () => {
    await using plugin = await pluginFromText(COUNTER, {}, { path });
    const instances = await Promise.all(Array.from({ length: 100 }, (_, id) => start(plugin, {}, { id })));

    for (const [at, instance] of instances.entries()) for (let n = 0; n <= at; n++) await instance.call(ADD, [1]);

    expect(instances.map((each) => each.call(ADD, [0]))).toEqual(instances.map((_, at) => at + 1));
    for (const each of instances) await each[Symbol.asyncDispose]();
  });

  it("a trap ends its instance only, with the guest's stack (H3)", async () => {
    await using plugin = await pluginFromText(COUNTER, {}, { path });
    await using broken = await start(plugin);
    await using other = await start(plugin);
    await other.call(ADD, [7]);

    const fault = await faultOf(() => broken.call(BOOM, []));

    expect(fault).toMatchObject({ code: "plugin-trapped", source: "test:plugin" });
    expect(fault.frames.slice(0, 2)).toMatchObject([{ function: "inner", file: "counter" }, { function: "boom" }]);
    expect(broken.alive).toBe(false);
    expect(await faultOf(() => broken.call(ADD, [1]))).toMatchObject({ code: "plugin-lost" });
    expect(other.call(ADD, [1])).toBe(8);
  });

  it("a stack overflow ends the instance, although V8 would let it go on", async () => {
    await using plugin = await pluginFromText(COUNTER, {}, { path });
    await using instance = await start(plugin);

    expect(await faultOf(() => instance.call(DEEP, []))).toMatchObject({ code: "plugin-trapped" });
    expect(await faultOf(() => instance.call(ADD, [1]))).toMatchObject({ code: "plugin-lost" });
  });

  it("memory grows to the package's limit and no further", async () => {
    await using plugin = await pluginFromText(COUNTER, { limits: { memory: 10 * 65_536 } }, { path });
    await using instance = await start(plugin);

    expect(instance.call(GROW, [9])).toBe(1);
    expect(instance.call(GROW, [1])).toBe(-1);
  });

  it("a memory that starts above the limit is refused before anything runs", async () => {
    const wat = `(component (core module $m (memory 20)) (core instance (instantiate $m)))`;

    expect(await faultOf(() => pluginFromText(wat, { limits: { memory: 65_536 } }, { path }))).toMatchObject({
      code: "memory-limit",
    });
  });

  it("arguments are checked before the guest sees any of them (H5)", async () => {
    await using plugin = await pluginFromText(COUNTER, {}, { path });
    await using instance = await start(plugin);

    expect(await faultOf(() => instance.call(ADD, [-1]))).toMatchObject({ code: "out-of-range" });
    expect(await faultOf(() => instance.call(ADD, ["1"]))).toMatchObject({ code: "type-mismatch" });
    expect(await faultOf(() => instance.call(ADD, []))).toMatchObject({ code: "type-mismatch" });
    expect(await faultOf(() => instance.call("missing", []))).toMatchObject({ code: "unknown-function" });
    expect(instance.call(ADD, [1])).toBe(1);
  });

  it("a missing import is named, with what is offered", async () => {
    await using plugin = await pluginFromText(ASKER, {}, { path });

    const fault = await faultOf(() => start(plugin, { [ORACLE_ASK]: () => 1, "t:other/x@1.0.0#y": () => 1 }));

    expect(fault.code).toBe("link-failed");
    expect(fault.message).toContain(ORACLE_TRY);
    expect(fault.message).not.toContain(ORACLE_ASK);
    expect(fault.hint).toContain("t:other/x@1.0.0");
  });

  it("a synchronous import is called without a promise, and its err is the guest's to see", async () => {
    await using plugin = await pluginFromText(ASKER, {}, { path });
    await using instance = await start(plugin, {
      [ORACLE_ASK]: ([x]) => Number(x) + 1,
      [ORACLE_TRY]: ([x]) => (x === 0 ? new CaseValue(ERR, 99) : new CaseValue(OK, 7)),
    });

    expect(instance.call("ask", [4])).toBe(5);
    expect(instance.call("try", [1])).toEqual(new CaseValue(OK, 7));
    expect(instance.call("try", [0])).toEqual(new CaseValue(ERR, 99));
  });

  it("an import that waits suspends the guest (JSPI); calls into one instance take turns (H2)", async () => {
    await using plugin = await pluginFromText(ASKER, {}, { path });
    const log: string[] = [];
    const ask = waiting(([x]) => {
      log.push(`answer ${x}`);
      return Number(x) + 1;
    });
    await using instance = await start(plugin, { ...asking, [ORACLE_ASK]: ask });

    const answers = [1, 2, 3].map((x) =>
      Promise.resolve(instance.call("ask", [x])).then((y) => (log.push(`done ${x}`), y)),
    );

    expect(await Promise.all(answers)).toEqual([2, 3, 4]);
    expect(log).toEqual(["answer 1", "done 1", "answer 2", "done 2", "answer 3", "done 3"]);
    expect(await instance.call("calls", [])).toBe(3);
    expect(instance.colour).toBe("async");
  });

  it.each(["sync", "async"] as const)(
    "an import that fails (%s) fails the call with its error and ends the instance",
    async (colour) => {
      await using plugin = await pluginFromText(ASKER, {}, { path });
      const broken = new Error("the oracle is closed");
      const call = (): never => {
        throw broken;
      };
      await using instance = await start(plugin, { ...asking, [ORACLE_ASK]: colour === "sync" ? call : waiting(call) });

      await expect(async () => instance.call("ask", [1])).rejects.toBe(broken);
      expect(await faultOf(() => instance.call("calls", []))).toMatchObject({ code: "plugin-lost" });
    },
  );

  it("an import's answer of the wrong type is a fault, not a coerced value", async () => {
    await using plugin = await pluginFromText(ASKER, {}, { path });
    await using instance = await start(plugin, { ...asking, [ORACLE_ASK]: () => "four" });

    expect(await faultOf(() => instance.call("ask", [1]))).toMatchObject({ code: "type-mismatch" });
  });

  it("a call back into the instance on the stack is re-entrant (H2)", async () => {
    await using plugin = await pluginFromText(ASKER, {}, { path });
    const own: { call?: () => unknown } = {};
    await using instance = await start(plugin, { ...asking, [ORACLE_ASK]: () => own.call?.() as number });
    own.call = () => instance.call("calls", []);

    expect(await faultOf(() => instance.call("ask", [1]))).toMatchObject({ code: "re-entrant" });
  });

  it("a call back after waiting is re-entrant too, instead of waiting for itself", async () => {
    await using folder = await temporaryFolder();
    await using plugin = await openComponent(packageOf(await parse(ASKER)), { cacheFolder: folder.path, path });
    const own: { call?: () => unknown } = {};
    await using instance = await start(plugin, { ...asking, [ORACLE_ASK]: waiting(() => own.call?.() as number) });
    own.call = () => instance.call("calls", []);

    expect(await faultOf(() => instance.call("ask", [1]))).toMatchObject({ code: "re-entrant" });
  });

  it("resources of another plugin stand for its handles in the guest, and come back as them", async () => {
    await using plugin = await pluginFromText(KEEPER, {}, { path });
    const dropped: Value[] = [];
    const things = "t:host/things@1.0.0#";
    await using instance = await start(plugin, {
      [`${things}[constructor]thing`]: ([n]) => new Handle(9, Number(n)),
      [`${things}[method]thing.get`]: ([self]) => (self as Handle).id * 10,
      [`${things}[resource-drop]thing`]: ([self]) => (dropped.push(self as Value), null),
    });

    expect(instance.call("use", [4])).toBe(40);
    expect(dropped).toEqual([new Handle(9, 4)]);
    expect(instance.call("same", [new Handle(9, 5)])).toEqual(new Handle(9, 5));
    expect(instance.call("ask", [new Handle(9, 6)])).toBe(60);
    expect(dropped).toHaveLength(1);
    expect(await faultOf(() => instance.call("same", [3]))).toMatchObject({ code: "type-mismatch" });
  });

  it("disposing in the middle of a call fails it and those that wait for it (H6)", async () => {
    await using plugin = await pluginFromText(ASKER, {}, { path });
    const never = { colour: "async" as const, call: () => new Promise<never>(() => {}) };
    const instance = await start(plugin, { ...asking, [ORACLE_ASK]: never });
    const running = faultOf(() => instance.call("ask", [1]));
    const queued = faultOf(() => instance.call("calls", []));

    await instance[Symbol.asyncDispose]();

    expect(await running).toMatchObject({ code: "plugin-lost" });
    expect(await queued).toMatchObject({ code: "plugin-lost" });
    expect(instance.alive).toBe(false);
  });
});
