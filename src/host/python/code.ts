/** The Python files of one plugin: its own, the guest side's, and the bindings made for its world. */
import type { World } from "../../wit/types.ts";
import { functionsOf } from "../../wit/types.ts";
import { bindings } from "./bindings.ts";
import { glue } from "./glue.ts";
import type { Names } from "./names.ts";

/** Folders in Python's own file system. */
const PLUGIN = "/plugin";
const GUEST = "/sennit";

/** What a worker needs to load a plugin. */
export interface Code {
  /** The package, for messages. */
  readonly name: string;
  readonly files: readonly (readonly [path: string, text: string])[];
  readonly boot: string;
}

/** Loads the runtime alone: what the images of all plugins are made from. Common modules of the library are in it too. */
export function runtimeCode(guest: ReadonlyMap<string, string>): Code {
  return {
    name: "python",
    files: below(GUEST, guest),
    boot: `import sys
sys.path[:] = ["${GUEST}", *(path for path in sys.path if path)]
import sennit_attach, sennit_resources, sennit_saved, sennit_threads, sennit_values
import abc, array, asyncio, collections, contextlib, dataclasses, datetime, enum, functools, itertools, json, math
import operator, random, re, string, struct, textwrap, typing
sennit_attach.settle()
None`,
  };
}

function below(folder: string, files: ReadonlyMap<string, string>): [string, string][] {
  return [...files].map(([path, text]) => [`${folder}/${path}`, text]);
}

/** @param sources Text of the plugin's modules, by path below the folder of its main module. */
export function pythonCode(
  name: string,
  world: World,
  names: Names,
  guest: ReadonlyMap<string, string>,
  sources: ReadonlyMap<string, string>,
  application: string,
): Code {
  const keys = [...functionsOf(world.imports)].map(([key]) => key);
  const generated = new Map([
    ...bindings(world, names, (key) => keys.indexOf(key)),
    ["sennit_glue.py", glue(world, names, application)],
  ]);
  return {
    name,
    files: [...below(GUEST, guest), ...below(GUEST, generated), ...below(PLUGIN, sources)],
    boot: `import sys
sys.path[:] = ["${GUEST}", "${PLUGIN}", *(path for path in sys.path if path)]
import sennit_attach, sennit_threads
sennit_attach.boot("${application}")`,
  };
}
