/**
 * The sample packages that are components, each from another toolchain.
 */
import { readdirSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { Fault } from "../../src/fault.ts";
import { describeLinking, type Path } from "../../src/host/component/describe.ts";
import { openComponent } from "../../src/host/component/plugin.node.ts";
import { readPackage } from "../../src/host/package/package.node.ts";
import type { Plugin } from "../../src/host/plugin.ts";
import { Callback, CaseValue, ERR, Handle, OK, type Value } from "../../src/wit/value.ts";
import { faultOf, PATHS, start, waiting } from "./component-fixtures.ts";
import { temporaryFolder } from "./temporary.ts";

const samples = new URL("../../plugins/samples/", import.meta.url);

async function withSample(name: string, use: (plugin: Plugin) => Promise<void>, path?: Path): Promise<void> {
  await using folder = await temporaryFolder();
  const options = { cacheFolder: folder.path, ...(path === undefined ? {} : { path }) };
  await using plugin = await openComponent(await readPackage(new URL(name, samples).pathname), options);
  await use(plugin);
}

/** Those whose component is committed; larger ones are built where their toolchain is. */
const counters = readdirSync(samples).filter(
  (name) => name.startsWith("counter-") && readdirSync(new URL(name, samples)).includes("counter.wasm"),
);

/** A JavaScript engine comes as several components in one. */
const composed = (name: string): boolean => name.endsWith("-js");
const ways = counters.flatMap((name) => (composed(name) ? [[name, "jco"]] : PATHS.map((path) => [name, path])));

it.each(counters)("%s is linked directly, or says why not", async (name) => {
  await withSample(name, (plugin) => {
    expect(describeLinking(plugin)).toMatchObject(
      composed(name)
        ? { path: "jco", reason: "it is composed of several components" }
        : { path: "direct", reason: null },
    );
    return Promise.resolve();
  });
});

describe.each(ways as [string, Path][])("%s (%s)", (name, path) => {
  it("counts, adds, fails and counts words, and traps alone", async () => {
    await withSample(
      name,
      async (plugin) => {
        await using instance = await start(plugin);
        await using other = await start(plugin);

        expect([await instance.call("increment", []), await instance.call("increment", [])]).toEqual([1, 2]);
        expect(await instance.call("add", [4_294_967_295, 2])).toBe(1);
        expect(await instance.call("fail", ["oh – é"])).toEqual(new CaseValue(ERR, "oh – é"));
        expect(await instance.call("count-words", ["b a\tb"])).toEqual([
          ["a", 1],
          ["b", 2],
        ]);
        expect(await faultOf(() => instance.call("trap", []))).toMatchObject({ code: "plugin-trapped" });
        expect(await faultOf(() => instance.call("increment", []))).toMatchObject({ code: "plugin-lost" });
        expect(await other.call("increment", [])).toBe(1);
      },
      path,
    );
  });

  it("100 instances count for themselves (I2)", async () => {
    await withSample(
      name,
      async (plugin) => {
        for (let id = 1; id <= 100; id++) {
          await using instance = await start(plugin, {}, { id });
          expect([await instance.call("increment", []), await instance.call("increment", [])]).toEqual([1, 2]);
        }
      },
      path,
    );
  });
});

describe.each(PATHS)("resources (%s)", (path) => {
  const STORE = "sample:conformance/store@1.0.0";
  const MAKE = `${STORE}#[constructor]accumulator`;
  const ADD = `${STORE}#[method]accumulator.add`;
  const VALUE = `${STORE}#[method]accumulator.value`;
  const MERGE = `${STORE}#[static]accumulator.merge`;

  it("live behind handles of their instance; passing one as own moves it (R1, R2)", async () => {
    await withSample(
      "conformance-rust",
      async (plugin) => {
        await using instance = await start(plugin, {}, { id: 7 });
        await using other = await start(plugin, {}, { id: 8 });
        const a = (await instance.call(MAKE, [40])) as Handle;
        const b = (await instance.call(MAKE, [1])) as Handle;

        expect(a).toBeInstanceOf(Handle);
        expect(a.instance).toBe(7);
        await instance.call(ADD, [a, 1]);
        expect(await instance.call(VALUE, [a])).toBe(41);
        expect(await instance.call(`${STORE}#peek`, [a])).toBe(41);
        const merged = await instance.call(MERGE, [a, b]);
        expect(await instance.call(VALUE, [merged])).toBe(42);
        expect(await faultOf(() => instance.call(VALUE, [a]))).toMatchObject({ code: "moved" });
        expect(await faultOf(() => other.call(VALUE, [merged]))).toMatchObject({ code: "type-mismatch" });
        expect(await faultOf(() => instance.call(VALUE, [new Handle(7, 99)]))).toMatchObject({ code: "moved" });
        expect(await instance.call(VALUE, [merged])).toBe(42);
      },
      path,
    );
  });

  it("come in lists, and are dropped once", async () => {
    await withSample(
      "conformance-rust",
      async (plugin) => {
        await using instance = await start(plugin);
        const all = (await instance.call(`${STORE}#make-many`, [new BigInt64Array([1n, 2n, 3n])])) as Handle[];

        await instance.drop(all[1]!.id);
        await instance.drop(all[1]!.id);
        expect(await faultOf(() => instance.call(VALUE, [all[1] as Value]))).toMatchObject({ code: "moved" });
        expect(await instance.call(`${STORE}#drain`, [[all[0] as Value, all[2] as Value]])).toBe(4);
        expect(await faultOf(() => instance.call(MERGE, [all[0] as Value, all[0] as Value]))).toMatchObject({
          code: "moved",
        });
      },
      path,
    );
  });
});

describe.each(PATHS)("callbacks (%s)", (path) => {
  const echo = new Callback(([first]) => Promise.resolve(first ?? Uint8Array.of(0xf6)));

  it("a component calls the workflow back, and waits for it", async () => {
    await withSample(
      "callback-rust",
      async (plugin) => {
        await using instance = await start(plugin);
        const answer = await instance.call("apply", [echo, 3]);

        expect(answer).toEqual(
          new CaseValue(
            OK,
            [0, 1, 2].map((n) => Uint8Array.of(n)),
          ),
        );
      },
      path,
    );
  });

  it("what the function fails with is an err of the guest's, who goes on", async () => {
    await withSample(
      "callback-rust",
      async (plugin) => {
        await using instance = await start(plugin);
        const broken = new Callback(() => Promise.reject(new Fault("raised", "no", { source: "program" })));

        const answer = await instance.call("apply", [broken, 3]);

        expect(answer).toEqual(new CaseValue(ERR, ["raised", "program", "no", Uint8Array.of(0xf6)]));
        expect(instance.alive).toBe(true);
      },
      path,
    );
  });

  it("one that is given as own may be kept and called later", async () => {
    await withSample(
      "callback-rust",
      async (plugin) => {
        await using instance = await start(plugin);

        await instance.call("remember", [echo]);
        expect(await instance.call("recall", [[Uint8Array.of(7)]])).toEqual(new CaseValue(OK, Uint8Array.of(7)));
        await instance.call("forget", []);
        expect(await instance.call("recall", [[Uint8Array.of(7)]])).toMatchObject({ index: ERR });
      },
      path,
    );
  });

  it("a callback into the plugin that called it is re-entrant, and nobody waits for ever", async () => {
    await withSample(
      "callback-rust",
      async (plugin) => {
        await using instance = await start(plugin);
        const back = new Callback(async () => (await instance.call("forget", [])) as never);

        expect(await instance.call("apply", [back, 1])).toMatchObject({
          index: ERR,
          payload: ["re-entrant", "sample:apply", expect.anything(), expect.anything()],
        });
      },
      path,
    );
  });
});

it.each(PATHS)("one plugin's imports are another's exports, waiting or not (%s)", async (path) => {
  await withSample(
    "imports-c",
    async (plugin) => {
      const keys = [...plugin.world.imports.interfaces].flatMap(([id, { functions }]) =>
        [...functions.keys()].map((name) => `${id}#${name}`),
      );
      const given = ([first]: readonly Value[]): Value =>
        typeof first === "string" ? first.toUpperCase() : Number(first) + 1;
      for (const way of [given, waiting(given)]) {
        await using instance = await start(plugin, Object.fromEntries(keys.map((key) => [key, way])));
        expect(await instance.call("shout", ["hey"])).toContain("HEY");
      }
    },
    path,
  );
});
