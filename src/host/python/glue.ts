/**
 * Writes the Python module `sennit_glue`: for each function of a world the code that lifts marshal values to the classes of
 * `wit_world`, calls, and lowers the result with every type checked. The other side of `codec.ts`.
 *
 *   G3  A wrong result or a wrong Err names its function; conversions are those of `lifting.ts` and `lowering.ts`.
 */
import { type FunctionKey, type WitFunction, type WitType, type World, functionsOf } from "../../wit/types.ts";
import { memberName } from "../names.ts";
import { interfaceClass } from "./bindings.ts";
import { Definitions } from "./definitions.ts";
import { Lifting } from "./lifting.ts";
import { Lowering } from "./lowering.ts";
import { type Names, camel, snake } from "./names.ts";

const HEADER = `from array import array
from types import CoroutineType as _Coroutine
import wit_world
from componentize_py_types import Err, Ok, Some
from sennit_calls import ask, ask_async, imported, run_coroutine
from sennit_resources import adopt, borrow, give_back, hand_over, held, keep, lend
from sennit_attach import class_of, member, create, wrong
from sennit_values import *
`;

/** The text of `sennit_glue`. Exports are numbered from 1 in order of `functionsOf`; imports from 0. */
export function glue(world: World, names: Names, application: string): string {
  return new GlueWriter(world, names, application).text();
}

class GlueWriter {
  readonly #world: World;
  readonly #names: Names;
  readonly #application: string;
  readonly #shared: Definitions;
  readonly #lifting: Lifting;
  /** Of results, and of the arguments of imports. */
  readonly #lowering: Lowering;
  readonly #strict: Lowering;

  constructor(world: World, names: Names, application: string) {
    this.#world = world;
    this.#names = names;
    this.#application = application;
    this.#shared = new Definitions(names);
    this.#lifting = new Lifting(this.#shared);
    this.#lowering = new Lowering(this.#shared, false);
    this.#strict = new Lowering(this.#shared, true);
  }

  text(): string {
    const imports = [...functionsOf(this.#world.imports)].map(([, fn], i) => this.#import(fn, i));
    const exports = this.#exports();
    const attach = this.#attach();
    return [HEADER, ...this.#shared.lines, ...imports, attach, exports].join("\n");
  }

  #import(fn: WitFunction, number: number): string {
    const params = fn.params.map((_, i) => `a${i}`);
    const lowered = fn.params.map((param, i) => `${this.#strict.lower(param.type, `a${i}`)}, `).join("");
    const name = fn.async ? "ask_async" : "ask";
    const body = this.#importResult(fn);
    return `${fn.async ? "async " : ""}def im_${number}(${params.join(", ")}):
    r = ${fn.async ? "await " : ""}${name}(${number}, (${lowered}))
${body}
imported.append(im_${number})
`;
  }

  #importResult(fn: WitFunction): string {
    // The class is already being constructed, so a constructor gives the bare number.
    const lift = (type: WitType | null, text: string): string =>
      type === null
        ? "None"
        : fn.shape === "constructor" && type.kind === "own"
          ? text
          : this.#lifting.lift(type, text);
    if (fn.result?.kind !== "result") return `    return ${lift(fn.result, "r")}`;
    const err = fn.result.err === null ? "None" : this.#lifting.lift(fn.result.err, "r[1]");
    return `    if r[0]: raise Err(${err})\n    return ${lift(fn.result.ok, "r[1]")}`;
  }

  #exports(): string {
    const lines: string[] = [];
    const calls: string[] = [];
    const world = this.#world.exports;
    if (world.functions.size > 0) lines.push(`    the_world = create(app, "WitWorld")`);
    let number = 0;
    for (const [id, iface] of world.interfaces) {
      const freestanding = [...iface.functions.values()].some((fn) => fn.shape === "function");
      if (freestanding)
        lines.push(`    o_${this.#names.module(id)} = create(app, "${interfaceClass(this.#names, id)}")`);
    }
    for (const [key, fn] of functionsOf(world)) {
      number += 1;
      lines.push(...this.#export(key, fn, number));
      calls.push(`ex_${number}`);
    }
    return `def exports():\n    app = _app\n${lines.join("\n")}\n    return [${calls.join(", ")}]\n`;
  }

  #export(key: FunctionKey, fn: WitFunction, number: number): string[] {
    const params = fn.params.map((_, i) => `a${i}`).join(", ");
    const lifted = fn.params.map((param, i) => this.#lifting.lift(param.type, `a${i}`));
    const shown = key.includes("#") ? `${snakeTail(key)}.${shownName(fn)}` : snake(fn.name);
    const [setup, called] = this.#callee(key, fn, number, lifted);
    const ok = fn.result?.kind === "result" ? fn.result.ok : fn.result;
    const lowered = ok === null ? "None if r is None else nothing(r)" : this.#lowering.result(ok, "r");
    const good = fn.result?.kind === "result" ? `(0, ${lowered})` : lowered;
    return [
      ...setup,
      `    def ex_${number}(${params}):`,
      ...(fn.result?.kind === "result" ? this.#raising(called, fn.result.err, shown) : this.#plain(called)),
      `        try: return ${good}`,
      `        except Mismatch as error: raise wrong("${shown}", "returned", error) from None`,
    ];
  }

  #plain(called: string): string[] {
    return [`        r = ${called}`, `        if type(r) is _Coroutine: r = run_coroutine(r)`];
  }

  #raising(called: string, err: WitType | null, shown: string): string[] {
    return [
      `        try:`,
      `            r = ${called}`,
      `            if type(r) is _Coroutine: r = run_coroutine(r)`,
      `        except Err as error:`,
      `            if type(error) is not Err: raise`,
      `            try: return (1, ${this.#lowering.orNone(err, "error.value")})`,
      `            except Mismatch as second: raise wrong("${shown}", "raised Err of", second) from None`,
    ];
  }

  /** Lines that look the function up, and the expression that calls it. */
  #callee(key: FunctionKey, fn: WitFunction, number: number, lifted: readonly string[]): [string[], string] {
    const all = lifted.join(", ");
    const rest = lifted.slice(1).join(", ");
    const resource = fn.resource === null ? "" : this.#shared.resourceClass(fn.resource);
    switch (fn.shape) {
      case "function": {
        const hash = key.lastIndexOf("#");
        const owner = hash < 0 ? "the_world" : `o_${this.#names.module(key.slice(0, hash))}`;
        return [[`    fn_${number} = member(${owner}, "${snake(fn.name)}")`], `fn_${number}(${all})`];
      }
      case "constructor":
        return [[], `${resource}(${all})`];
      case "static":
        return [[`    fn_${number} = member(${resource}, "${snake(memberName(fn))}")`], `fn_${number}(${all})`];
      case "method":
        return [[], `${lifted[0] ?? ""}.${snake(memberName(fn))}(${rest})`];
    }
  }

  /** Finds the plugin's classes once its modules are loaded. */
  #attach(): string {
    const names = [...this.#shared.resources];
    const lines = names.map(([resource, variable]) => {
      const module = this.#names.module(resource.name.interface ?? "");
      return `    ${variable} = class_of("${module}", "${camel(resource.name.name)}")`;
    });
    const globals = ["_app", ...names.map(([, variable]) => variable)].join(", ");
    const classes = [...this.#world.exports.interfaces]
      .filter(([, iface]) => [...iface.functions.values()].some((fn) => fn.shape === "function"))
      .map(([id]) => interfaceClass(this.#names, id));
    if (this.#world.exports.functions.size > 0) classes.unshift("WitWorld");
    const checks = classes.map((name) => `    class_of("${this.#application}", "${name}")`);
    return `def attach(app):\n    global ${globals}\n    _app = app\n${[...checks, ...lines].join("\n")}\n`;
  }
}

function snakeTail(key: FunctionKey): string {
  const id = key.slice(0, key.lastIndexOf("#")).split("@")[0] ?? "";
  return id.split(/[:/]/).at(-1) ?? id;
}

function shownName(fn: WitFunction): string {
  return fn.shape === "function" ? snake(fn.name) : fn.name.replace(/^\[.*?\]/, "");
}
