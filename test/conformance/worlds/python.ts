/** Worlds as one Python package, by the conventions of plugins/python/README.md. */
import { exportsOf, type GeneratedFunction, type GeneratedInterface, type GeneratedWorld, importsOf } from "./model.ts";

const KEYWORDS = new Set(
  `False None True and as assert async await break class continue def del elif else except finally for from global if
  import in is lambda nonlocal not or pass raise return try while with yield`.split(/\s+/),
);

/**
 * The package's files by path; `app.py` is its source.
 *
 * @param ids of the interfaces that the worlds together import and export
 */
export function pythonFiles(
  worlds: readonly GeneratedWorld[],
  ids: readonly string[],
): Readonly<Record<string, string>> {
  return new PythonWriter(worlds, ids).files();
}

class PythonWriter {
  readonly #worlds: readonly GeneratedWorld[];
  readonly #modules: ReadonlyMap<string, string>;

  constructor(worlds: readonly GeneratedWorld[], ids: readonly string[]) {
    this.#worlds = worlds;
    this.#modules = moduleNames(ids);
  }

  files(): Record<string, string> {
    const exported = this.#worlds.flatMap((world) => world.interfaces.filter((each) => each.exported));
    const resources = exported.filter((each) => each.resource !== null);
    const own = this.#worlds.flatMap((world) => exportsOf(world).filter(({ interface: iface }) => iface === null));
    const main =
      own.length === 0
        ? ""
        : `class WitWorld(wit_world.WitWorld):\n${own.map(({ fn }) => this.#method(fn, null)).join("")}\n`;
    return {
      "app.py": [HEADER, main, ...exported.map((iface) => this.#class(iface))].join("\n"),
      ...Object.fromEntries(resources.map((iface) => [`${this.#module(iface)}.py`, this.#resource(iface)])),
    };
  }

  #module({ id }: GeneratedInterface): string {
    return this.#modules.get(id) ?? "";
  }

  #class(iface: GeneratedInterface): string {
    const free = iface.functions.filter((fn) => fn.resource === null);
    if (free.length === 0) return "";
    const name = camel(this.#module(iface).replace(/_$/, "").replaceAll(/_+/g, "-"));
    return `class ${name}(wit_world.exports.${name}):\n${free.map((fn) => this.#method(fn, iface)).join("")}\n`;
  }

  #method(fn: GeneratedFunction, iface: GeneratedInterface | null): string {
    return `    def ${snake(fn.name)}(self, *a):\n        ${this.#body(fn, iface)}\n`;
  }

  #body(fn: GeneratedFunction, iface: GeneratedInterface | null): string {
    switch (fn.does.kind) {
      case "echo":
        return echoBody(fn);
      case "via": {
        const module =
          fn.does.interface === null ? "wit_world" : `wit_world.imports.${this.#modules.get(fn.does.interface)}`;
        return `return ${module}.${snake(fn.does.name)}(*a)`;
      }
      case "tally":
        return this.#tallyUser(fn, iface);
      case "thing":
        return this.#thingUser(fn);
    }
  }

  #tallyUser(fn: GeneratedFunction, iface: GeneratedInterface | null): string {
    if (fn.does.kind !== "tally" || iface === null) throw new Error(`${fn.name} is not of an interface`);
    const module = `sys.modules["${this.#module(iface)}"]`;
    const made = `${module}.${camel(iface.resource?.label ?? "")}`;
    switch (fn.does.act) {
      case "peek":
        return "return a[0]._number";
      case "many":
        return `return [${made}(x) for x in a[0]]`;
      case "drain":
        return "return sum(t._number for t in a[0]) % (1 << 64)";
      case "pass":
        return echoBody(fn);
      case "live":
        // An exception that was raised knows the frame that knows the exception: a circle.
        return `gc.collect()\n        return ${module}._live[0]`;
      default:
        throw new Error(`${fn.name} is a member`);
    }
  }

  #thingUser(fn: GeneratedFunction): string {
    const type = (fn.params.find(({ type: each }) => each.kind !== "u64") ?? fn.result)?.type;
    if (fn.does.kind !== "thing" || (type?.kind !== "own" && type?.kind !== "borrow"))
      throw new Error(`${fn.name} has no thing`);
    const given = this.#worlds
      .flatMap((world) => world.interfaces)
      .find((each) => each.resource?.resource === type.resource);
    const members = this.#worlds.flatMap(importsOf).filter((each) => each.interface === given);
    const member = (act: string): string => {
      const found = members.find(({ fn: { does } }) => does.kind === "thing" && does.act === act)?.fn;
      return snake(found?.name.slice(found.name.lastIndexOf(".") + 1) ?? "");
    };
    const kind = `wit_world.imports.${this.#modules.get(given?.id ?? "")}.${camel(type.resource.name.name)}`;
    switch (fn.does.act) {
      case "make":
        return `return ${kind}(a[0])`;
      case "look":
        return `return a[0].${member("look")}()`;
      case "merge":
        return `return ${kind}.${member("merge")}(*a)`;
      case "pass":
        return "return a[0]";
      case "swallow":
        return "a[0].__exit__()";
    }
  }

  #resource(iface: GeneratedInterface): string {
    const label = iface.resource?.label ?? "";
    const name = camel(label);
    const members = iface.functions.filter(({ shape }) => shape === "method" || shape === "static");
    // A resource may be called `err`, and its class then `Err`.
    return `import componentize_py_types as _types
import wit_world.exports.${this.#module(iface)} as _module

_live = [0]

class ${name}(_module.${name}):
    def __init__(self, start):
        self._number = start
        _live[0] += 1

    def __del__(self):
        _live[0] -= 1

${members.map((fn) => memberText(fn, name)).join("")}`;
  }
}

const HEADER = `import gc
import sys
import wit_world
import componentize_py_types as _types
`;

function echoBody({ params, result }: GeneratedFunction): string {
  if (result === null) return "pass";
  if (params.length !== 1) return "return a";
  if (result.type.kind !== "result") return "return a[0]";
  return "if type(a[0]) is _types.Err: raise a[0]\n        return a[0].value";
}

function memberText(fn: GeneratedFunction, kind: string): string {
  if (fn.does.kind !== "tally") throw new Error(`${fn.name} is no member`);
  const name = snake(fn.name.slice(fn.name.lastIndexOf(".") + 1));
  const method = (head: string, body: string): string => `${head}        ${body}\n\n`;
  const self = `    def ${name}(self, *a):\n`;
  const bare = `    @staticmethod\n    def ${name}(*a):\n`;
  switch (fn.does.act) {
    case "get":
      return method(self, "return self._number");
    case "self-echo":
      return method(self, echoBody({ ...fn, params: fn.params.slice(1) }));
    case "make":
      return method(bare, `return ${kind}(a[0])`);
    case "merge":
      return method(bare, `return ${kind}((a[0]._number + a[1]._number) % (1 << 64))`);
    default:
      throw new Error(`${fn.name} is no member`);
  }
}

/** An interface's module: its short name, with more of its id where others have the same. */
function moduleNames(ids: readonly string[]): ReadonlyMap<string, string> {
  const forms = [
    (id: string) => snake(path(id).at(-1) ?? ""),
    (id: string) => path(id).map(snake).join("_"),
    (id: string) => `${path(id).map(snake).join("_")}_${(id.split("@")[1] ?? "").replaceAll(/[^0-9A-Za-z]/g, "_")}`,
  ] as const;
  return new Map(
    ids.map((id) => {
      const form = forms.find((one) => ids.filter((other) => one(other) === one(id)).length === 1) ?? forms[2];
      return [id, form(id)];
    }),
  );
}

function path(id: string): readonly string[] {
  return (id.split("@")[0] ?? "").split(/[:/]/);
}

function snake(name: string): string {
  const text = name.toLowerCase().replaceAll("-", "_");
  return KEYWORDS.has(text) ? `${text}_` : text;
}

function camel(name: string): string {
  const text = name
    .toLowerCase()
    .split("-")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
  return KEYWORDS.has(text) ? `${text}_` : text;
}
