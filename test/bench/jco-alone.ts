/**
 * jco's binding as jco gives it: transpiled with its defaults, its module imported, nothing of ours around it.
 */
import { $init, generate } from "@bytecodealliance/jco-transpile/component";

/** The exports of a fresh instance, by jco's names. */
export type Exports = Readonly<Record<string, unknown>>;

type Instantiate = (core: (name: string) => WebAssembly.Module, imports: object) => Promise<Exports>;

export interface JcoCode {
  /** Core modules in the order in which jco names them. */
  readonly cores: readonly WebAssembly.Module[];
  /** Imports by the names that the component gives them. */
  readonly instantiate: (imports?: object) => Promise<Exports>;
}

/**
 * A component ready to be instantiated.
 *
 * @param imports the interfaces that it imports
 */
export async function jcoCode(component: Uint8Array, imports: readonly string[] = []): Promise<JcoCode> {
  await $init;
  const made = generate(component, {
    name: "component",
    instantiation: { tag: "async" },
    noTypescript: true,
    base64Cutoff: 0,
    map: imports.map((id): [string, string] => [id, id]),
  });
  const files = new Map(made.files as readonly [string, Uint8Array][]);
  const script = Buffer.from(files.get("component.js") ?? new Uint8Array()).toString("base64");
  const { instantiate } = (await import(`data:text/javascript;base64,${script}`)) as { instantiate: Instantiate };
  const cores = new Map(
    [...files]
      .filter(([name]) => name.endsWith(".wasm"))
      .map(([name, bytes]) => [name, new WebAssembly.Module(new Uint8Array(bytes))]),
  );
  const core = (name: string): WebAssembly.Module => {
    const found = cores.get(name);
    if (found === undefined) throw new Error(`jco asks for a core module ${name} that it did not make`);
    return found;
  };
  return { cores: [...cores.values()], instantiate: (imports = {}) => instantiate(core, imports) };
}
