/**
 * The interpreters with the layers that their packages come with: wasmoon's for Lua, Pyodide's proxies for Python, both in
 * the caller's thread. They take the same calls; where they change a value on the way, their answer is brought back into form.
 */
import { loadPyodide } from "pyodide";
import { LuaFactory } from "wasmoon";

import type { Contender } from "./report.ts";

export interface Named {
  readonly x: number;
  readonly y: number;
  readonly id: number;
  readonly name: string;
}

/** One contender for each kind of call; null where the layer has no way for it. */
export interface Alone {
  readonly scalar: Contender;
  readonly floats: Contender;
  readonly records: Contender;
  readonly bytes: Contender | null;
  readonly close: () => void;
}

export interface Data {
  readonly floats: Float64Array;
  readonly records: readonly Named[];
  readonly bytes: Uint8Array;
}

const listed = (given: ArrayLike<number>): Float64Array => Float64Array.from(given);
const fieldsOf = (all: readonly Named[]): unknown => all.map(({ x, y, id, name }) => [x, y, id, name]);

/** wasmoon passes copies when it is told to; bytes have no form in it that keeps zeros. */
export async function wasmoonAlone({ floats, records }: Data): Promise<Alone> {
  const engine = await new LuaFactory().createEngine({ enableProxy: false });
  const add = (await engine.doString("return function(a, b) return (a + b) & 0xffffffff end")) as Add;
  const echo = (await engine.doString("return function(all) return all end")) as <T>(all: T) => T;
  const plain = [...floats];
  return {
    scalar: { by: "engine", run: () => add(2, 3) },
    floats: { by: "engine", run: () => echo(plain), answer: listed },
    records: { by: "engine", run: () => echo(records), answer: fieldsOf },
    bytes: null,
    close: () => engine.global.close(),
  };
}

type Add = (a: number, b: number) => number;

/** What Pyodide makes of a Python object. */
interface Proxy {
  readonly toJs: (options?: object) => unknown;
  readonly destroy: () => void;
}

export async function pyodideAlone({ floats, records, bytes }: Data): Promise<Alone> {
  const pyodide = await loadPyodide();
  const define = (code: string): unknown => pyodide.runPython(code);
  const add = define("lambda a, b: (a + b) & 0xffffffff") as Add;
  const numbers = define("lambda all: all.to_py().tolist()") as (all: Float64Array) => Proxy;
  const echo = define("lambda all: all.to_py()") as (all: unknown) => Proxy;
  const ends = define("lambda all: (lambda b: b[0] + b[-1])(all.to_bytes())") as (all: Uint8Array) => number;
  const taken = (proxy: Proxy): unknown => {
    try {
      return proxy.toJs({ dict_converter: Object.fromEntries });
    } finally {
      proxy.destroy();
    }
  };
  return {
    scalar: { by: "engine", run: () => add(2, 3) },
    floats: { by: "engine", run: () => taken(numbers(floats)), answer: listed },
    records: { by: "engine", run: () => taken(echo(records)), answer: fieldsOf },
    bytes: { by: "engine", run: () => ends(bytes) },
    close: () => {},
  };
}
