/** Lua functions of one type, without a package around them, for the tests of the codec. */
import { noChain } from "../../src/host/call-chain.ts";
import type { LuaInstance } from "../../src/host/lua/instance.ts";
import { nodePlatform } from "../../src/host/lua/platform.node.ts";
import { startInstance } from "../../src/host/lua/start.ts";
import type { Field, WitFunction, WitType, World, WorldSide } from "../../src/wit/types.ts";
import type { Value } from "../../src/wit/value.ts";
import { packageOf, settings, type Settings } from "./lua-package.ts";

const engine = await nodePlatform.engine();
const nothing: WorldSide = { interfaces: new Map(), functions: new Map(), types: new Map() };

export function functionOf(params: readonly Field[], result: WitType | null, name: string = "f"): WitFunction {
  return { name, shape: "function", resource: null, params, result, async: false };
}

/** An instance of a file that returns `f`, and maybe imports functions of the world. */
export function started(
  f: WitFunction,
  text: string,
  given: Settings & { readonly takes?: ReadonlyMap<string, WitFunction> } = {},
): LuaInstance {
  const { takes = new Map(), ...rest } = given;
  const world: World = {
    imports: { ...nothing, functions: takes },
    exports: { ...nothing, functions: new Map([["f", f]]) },
  };
  const { manifest } = packageOf({ wit: "", files: {} });
  const main = { path: "main.lua", module: "main", text: new TextEncoder().encode(text) };
  const sources = { main, modules: [] };
  return startInstance(
    { manifest, place: "sample", world, sources, engine, chain: noChain, digest: "none" },
    settings(rest),
  );
}

/** An instance whose `f` takes one value of a type and returns one, wrapped so that a `result` stays a value. */
export function instanceOf(type: WitType, body: string): LuaInstance {
  const tuple: WitType = { kind: "tuple", items: [type] };
  return started(functionOf([{ name: "x", type: tuple }], tuple), `return { f = function(x) ${body} end }`);
}

export function echoed(type: WitType, value: Value): Value {
  const answer = instanceOf(type, "return x").call("f", [[value]]);
  return (answer as readonly Value[])[0] as Value;
}

/** What comes of returning a Lua expression for a type. */
export function taking(type: WitType, expression: string): () => Value {
  const tuple: WitType = { kind: "tuple", items: [type] };
  const instance = started(functionOf([], tuple), `return { f = function() return { ${expression} } end }`);
  return () => (instance.call("f", []) as readonly Value[])[0] as Value;
}
