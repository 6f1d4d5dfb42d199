/** Worlds as Lua source, by the conventions of plugins/lua/README.md. */
import type { WitType } from "../../../src/wit/types.ts";
import {
  exportsOf,
  type GeneratedFunction,
  type GeneratedInterface,
  type GeneratedWorld,
  type Placed,
} from "./model.ts";

export function luaSource(worlds: readonly GeneratedWorld[]): string {
  const own = worlds.flatMap((world) => exportsOf(world).filter(({ interface: iface }) => iface === null));
  const interfaces = worlds.flatMap((world) => world.interfaces.filter((each) => each.exported));
  const shared = sharedNames([...interfaces.map((each) => each.name), ...own.map(({ fn }) => fn.name)]);
  return [
    HEADER,
    ...own.map((placed) => `exports[${quoted(snake(placed.fn.name))}] = ${functionText(placed, null)}`),
    ...interfaces.map((iface) => interfaceText(iface, worlds, shared)),
    "return exports\n",
  ].join("\n");
}

const HEADER = `local sennit = require "sennit"
local exports = {}
local function one(x) return x end
local function many(...) return { ... } end
`;

/** Names that stand for two things: for those an interface goes by its full id. */
function sharedNames(all: readonly string[]): ReadonlySet<string> {
  const names = all.map(snake);
  return new Set(names.filter((name, at) => names.indexOf(name) !== at));
}

function interfaceText(
  iface: GeneratedInterface,
  worlds: readonly GeneratedWorld[],
  shared: ReadonlySet<string>,
): string {
  const name = shared.has(snake(iface.name)) ? iface.id : snake(iface.name);
  const world = worlds.find((each) => each.interfaces.includes(iface));
  const thing = world?.interfaces.find((each) => each.imported && each.resource !== null && uses(iface, each));
  const free = iface.functions.filter((fn) => fn.resource === null);
  const lines = free.map((fn) => {
    return `t[${quoted(snake(fn.name))}] = ${functionText({ key: "", interface: iface, fn }, thing ?? null)}`;
  });
  return `do\nlocal t = {}\n${tallyText(iface)}${lines.join("\n")}\nexports[${quoted(name)}] = t\nend`;
}

function uses(iface: GeneratedInterface, given: GeneratedInterface): boolean {
  return iface.functions.some((fn) =>
    [...fn.params, ...(fn.result === null ? [] : [fn.result])].some(({ type }) => {
      return (type.kind === "own" || type.kind === "borrow") && type.resource === given.resource?.resource;
    }),
  );
}

function functionText({ interface: iface, fn }: Placed, thing: GeneratedInterface | null): string {
  switch (fn.does.kind) {
    case "echo":
      return echoText(fn);
    case "via": {
      const module = fn.does.interface === null ? `require("sennit").imports` : `require(${quoted(fn.does.interface)})`;
      const called = `${module}[${quoted(snake(fn.does.name))}](...)`;
      return fn.result === null ? `function(...) ${called} end` : `function(...) return ${called} end`;
    }
    case "tally":
      return tallyUser(iface, fn);
    case "thing":
      return thingUser(fn, thing);
  }
}

/** What is `{ ok = … }` as an argument is returned, or raised by `sennit.err`, as a function's own result. */
function echoText({ params, result }: GeneratedFunction): string {
  if (params.length !== 1) return "many";
  if (result?.type.kind !== "result") return "one";
  const { ok, err } = result.type;
  const raised = err === null ? "sennit.err()" : `sennit.err(${payload("err", err)})`;
  const returned = ok === null ? "" : ` return ${payload("ok", ok)}`;
  return `(function(x) if x.err ~= nil then error(${raised}) end${returned} end)`;
}

/** An option is `{}` or `{ some = … }` inside a result, and nil or the value by itself. */
function payload(arm: "ok" | "err", type: WitType): string {
  return type.kind === "option" ? `x.${arm}.some` : `x.${arm}`;
}

function tallyText({ resource, functions }: GeneratedInterface): string {
  if (resource === null) return "";
  const member = (act: string): string => {
    const found = functions.find(({ does }) => does.kind === "tally" && does.act === act);
    return quoted(memberName(found));
  };
  return `local live = 0
local Tally = {}
local meta = { __index = Tally, __gc = function() live = live - 1 end }
local function make(start)
  live = live + 1
  return setmetatable({ number = start }, meta)
end
Tally.new = make
Tally[${member("get")}] = function(self) return self.number end
Tally[${member("self-echo")}] = function(self, x) return ${selfEcho(functions)} end
Tally[${member("make")}] = make
Tally[${member("merge")}] = function(a, b) return make(a.number + b.number) end
t[${quoted(snake(resource.label))}] = Tally
`;
}

function selfEcho(functions: readonly GeneratedFunction[]): string {
  const fn = functions.find(({ does }) => does.kind === "tally" && does.act === "self-echo");
  if (fn === undefined) return "x";
  const text = echoText({ ...fn, params: fn.params.slice(1) });
  return `${text}(x)`;
}

function tallyUser(iface: GeneratedInterface | null, fn: GeneratedFunction): string {
  if (iface === null || fn.does.kind !== "tally") throw new Error(`${fn.name} is not of an interface`);
  switch (fn.does.act) {
    case "peek":
      return "function(a) return a.number end";
    case "many":
      return "function(xs) local all = {} for i, x in ipairs(xs) do all[i] = make(x) end return all end";
    case "drain":
      return "function(all) local sum = 0 for _, a in ipairs(all) do sum = sum + a.number end return sum end";
    case "pass":
      return echoText(fn);
    case "live":
      return "function() collectgarbage() collectgarbage() return live end";
    default:
      throw new Error(`${fn.name} is a member`);
  }
}

function thingUser(fn: GeneratedFunction, thing: GeneratedInterface | null): string {
  if (thing === null || fn.does.kind !== "thing" || thing.resource === null) throw new Error(`${fn.name} has no thing`);
  const member = (act: string): string => {
    const found = thing.functions.find(({ does }) => does.kind === "thing" && does.act === act);
    return quoted(memberName(found));
  };
  const of = `require(${quoted(thing.id)})[${quoted(snake(thing.resource.label))}]`;
  switch (fn.does.act) {
    case "make":
      return `function(start) return ${of}.new(start) end`;
    case "look":
      return `function(thing) return thing[${member("look")}](thing) end`;
    case "merge":
      return `function(a, b) return ${of}[${member("merge")}](a, b) end`;
    case "pass":
      return "one";
    case "swallow":
      return "function(thing) sennit.drop(thing) end";
  }
}

/** `new` is the constructor's. */
function memberName(fn: GeneratedFunction | undefined): string {
  const name = snake(fn?.name.slice(fn.name.lastIndexOf(".") + 1) ?? "");
  return name === "new" ? "new_" : name;
}

function snake(name: string): string {
  return name.replaceAll("-", "_").toLowerCase();
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
