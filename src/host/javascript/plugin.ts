/**
 * Functions of the embedding program as a plugin.
 *
 *   J1  With a WIT text every function is typed by it; without, each takes and gives untyped data (plain-any.ts) and the world is empty.
 *   J2  The functions are the embedding program's own: trusted, with the program's state, never copied. An instance is only a name for
 *       them and for the resources they gave out; a function that throws leaves it as it is.
 *   J3  What a function returns is checked like a stranger's.
 *   J4  Who imports a function must know whether it may wait (HAZARDS 10): it may when it is written `async`, or its WIT says so.
 *       Any other function that gives a promise all the same is waited for when a workflow calls it, and fails a component or Lua that does.
 *
 * A function `count-words` of the WIT is found as `countWords`, `count_words` or `count-words`; those of an interface
 * `acme:shapes/geometry` in an object `geometry`; a resource `counter` is a class `Counter`. A WIT `result` is returned as its ok
 * value; its err is thrown as an error with a property `value`, such as `new ErrValue(…)`.
 */
import { Fault } from "../../fault.ts";
import type { World } from "../../wit/types.ts";
import type { Manifest } from "../manifest.ts";
import { digestOf } from "../package-text.ts";
import type { Instance, InstanceOptions, Plugin } from "../plugin.ts";
import { worldFromText } from "../wit-source.ts";
import { compile, type Compiled } from "./compile.ts";
import { bindFunctions, type Found, type Functions } from "./functions.ts";
import { JavascriptInstance } from "./instance.ts";

export { ErrValue } from "./functions.ts";
export type { Functions } from "./functions.ts";
export type { CallContext } from "./compile.ts";

export interface JavascriptOptions {
  /** A WIT text whose world exports the functions. */
  readonly wit?: string;
  /** What errors and messages call the program; `program` unless given. */
  readonly name?: string;
  /** What becomes of a call whose answer was lost, by function; `once` unless given. */
  readonly effects?: Manifest["effects"];
}

/**
 * Makes a plugin of functions. The caller disposes it.
 *
 * @throws {Fault} `wit-invalid`, or `plugin-invalid` naming the functions that the WIT has and the object has not, or an effect
 *   that is no function's
 * @example
 * await using plugin = await javascriptPlugin({ mean: (xs) => xs.reduce((a, b) => a + b) / xs.length }, {
 *   wit: "package a:b; world w { export mean: func(xs: list<f64>) -> f64; }",
 * });
 */
export async function javascriptPlugin(functions: Functions, options: JavascriptOptions = {}): Promise<Plugin> {
  const { wit, name = "program", effects = {} } = options;
  const world = wit === undefined ? emptyWorld() : await worldFromText(wit);
  const found = wit === undefined ? untyped(functions) : bindFunctions(functions, world, name);
  // Their names are in the WIT, or in the program that requires them: more functions do not make it another one.
  const digest = await digestOf([["world.wit", wit ?? ""]]);
  const stranger = Object.keys(effects).find((key) => !found.has(key));
  if (stranger !== undefined)
    throw new Fault("plugin-invalid", `There is no function \`${stranger}\` to have an effect`);
  return new JavascriptPlugin(manifestOf(name, effects), world, digest, [...found]);
}

class JavascriptPlugin implements Plugin {
  readonly manifest: Manifest;
  readonly world: World;
  readonly digest: string;
  readonly #functions: ReadonlyMap<string, Compiled>;
  readonly #colour: "sync" | "async";
  readonly #instances = new Set<JavascriptInstance>();

  constructor(manifest: Manifest, world: World, digest: string, found: readonly (readonly [key: string, Found])[]) {
    this.manifest = manifest;
    this.world = world;
    this.digest = digest;
    this.#functions = new Map(found.map(([key, each]) => [key, compile(each)]));
    this.#colour = found.some(([, each]) => mayWait(each)) ? "async" : "sync";
  }

  instantiate(options: InstanceOptions): Promise<Instance> {
    const program = { name: this.manifest.name, functions: this.#functions, colour: this.#colour };
    const instance = new JavascriptInstance(options.id, program);
    this.#instances.add(instance);
    return Promise.resolve(instance);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const instance of this.#instances) await instance[Symbol.asyncDispose]();
    this.#instances.clear();
  }
}

const AsyncFunction = (async () => {}).constructor;

/** J4 */
function mayWait({ fn, target }: Found): boolean {
  return fn?.async === true || target instanceof AsyncFunction;
}

/** The keys of untyped functions are their names. */
function untyped(functions: Functions): ReadonlyMap<string, Found> {
  return new Map(
    Object.entries(Object.getOwnPropertyDescriptors(functions)).map(([name, { value }]): [string, Found] => {
      if (typeof value === "function") return [name, { name, fn: null, make: "call", target: value }];
      throw new Fault("plugin-invalid", `\`${name}\` of the program's functions is not a function`);
    }),
  );
}

function emptyWorld(): World {
  const none = { interfaces: new Map(), functions: new Map(), types: new Map() };
  return { imports: none, exports: none };
}

function manifestOf(name: string, effects: Manifest["effects"]): Manifest {
  return {
    name,
    version: "0.0.0",
    language: "javascript",
    source: "",
    wants: [],
    limits: {},
    stateless: false,
    overlap: true,
    onFailure: "lost",
    effects,
  };
}
