/**
 * Writes the Python package `wit_world` of a world: the classes and functions that a plugin's source refers to.
 *
 *   B1  The modules are componentize-py's: `wit_world`, `wit_world.imports.<interface>`, `wit_world.exports.<interface>`.
 *   B2  They hold no conversion: calling an import goes through a table that `glue.ts` fills.
 */
import type { Resource, WitFunction, WitInterface, WitType, World, WorldSide } from "../../wit/types.ts";
import { isNullable } from "../../wit/value.ts";
import { memberName } from "../names.ts";
import { partsOf } from "../../wit/parts.ts";
import { type Names, type Side, camel, shouty, snake } from "./names.ts";

type Named = WitType & { readonly kind: "record" | "variant" | "enum" | "flags" };

/** The text of each file, by its path below the folder that Python searches. */
export function bindings(world: World, names: Names, importNumber: (key: string) => number): Map<string, string> {
  return new BindingsWriter(world, names, importNumber).files();
}

/** What the module's own code needs has private names, for a type of the world may well be called `protocol` or `enum`. */
const HEADER = `from __future__ import annotations
from abc import abstractmethod as _abstractmethod
from dataclasses import dataclass as _dataclass
from enum import Enum as _Enum, Flag as _Flag, auto as _auto
from typing import Optional, Protocol as _Protocol, Union as _Union
from componentize_py_types import Err, Ok, Result, Some
from sennit_calls import imported as _imported
from sennit_resources import Imported as _Imported
`;

class BindingsWriter {
  readonly #world: World;
  readonly #names: Names;
  readonly #importNumber: (key: string) => number;
  readonly #classes = new Map<string, Map<string, string>>();

  constructor(world: World, names: Names, importNumber: (key: string) => number) {
    this.#world = world;
    this.#names = names;
    this.#importNumber = importNumber;
    for (const side of [world.imports, world.exports]) this.#collect(side);
  }

  files(): Map<string, string> {
    const { imports, exports } = this.#world;
    const files = new Map<string, string>();
    files.set("wit_world/__init__.py", this.#root());
    for (const [id, iface] of imports.interfaces) {
      files.set(this.#path("imports", id), this.#importedModule(iface));
    }
    for (const [id, iface] of exports.interfaces) {
      files.set(this.#path("exports", id), this.#exportedModule(iface));
    }
    files.set("wit_world/imports/__init__.py", this.#loads([...imports.interfaces.keys()]));
    files.set("wit_world/exports/__init__.py", this.#protocols());
    return files;
  }

  #path(side: Side, id: string): string {
    return `wit_world/${side}/${this.#names.module(id)}.py`;
  }

  /** Named types of both sides, each under the module it belongs to. */
  #collect(side: WorldSide): void {
    for (const holder of [side, ...side.interfaces.values()]) {
      for (const type of holder.types.values()) if (type.kind !== "resource") this.#collectType(type);
      for (const fn of holder.functions.values()) {
        for (const type of [...fn.params.map((p) => p.type), ...(fn.result === null ? [] : [fn.result])]) {
          this.#collectType(type);
        }
      }
    }
  }

  #collectType(type: WitType): void {
    for (const part of partsOf(type)) this.#collectType(part);
    if (type.kind !== "record" && type.kind !== "variant" && type.kind !== "enum" && type.kind !== "flags") return;
    const place = this.#names.place(type);
    const classes = this.#classes.get(place.module) ?? new Map<string, string>();
    this.#classes.set(place.module, classes);
    if (!classes.has(place.name)) classes.set(place.name, this.#classText(type, place.name));
  }

  #classText(type: Named, name: string): string {
    switch (type.kind) {
      case "record":
        return dataclass(
          name,
          type.fields.map((f) => `${snake(f.name)}: ${this.#annotation(f.type)}`),
        );
      case "variant": {
        const cases = type.cases.map((one) => `${name}_${camel(one.name)}`);
        const bodies = type.cases.map((one, i) =>
          dataclass(cases[i] ?? "", one.type === null ? [] : [`value: ${this.#annotation(one.type)}`]),
        );
        return `${bodies.join("\n")}\n${name} = _Union[${cases.join(", ")}]\n`;
      }
      case "enum":
        return `class ${name}(_Enum):\n${type.cases.map((one, i) => `    ${shouty(one)} = ${i}\n`).join("")}`;
      case "flags":
        return `class ${name}(_Flag):\n${type.labels.map((one) => `    ${shouty(one)} = _auto()\n`).join("") || "    pass\n"}`;
    }
  }

  /** What a reader of the module sees; Python does not evaluate it. */
  #annotation(type: WitType | null): string {
    if (type === null) return "None";
    switch (type.kind) {
      case "bool":
        return "bool";
      case "f32":
      case "f64":
        return "float";
      case "char":
      case "string":
        return "str";
      case "list":
        return type.element.kind === "u8" || type.element.kind === "s8"
          ? "bytes"
          : `list[${this.#annotation(type.element)}]`;
      case "map":
        return `dict[${this.#annotation(type.key)}, ${this.#annotation(type.value)}]`;
      case "tuple":
        return `tuple[${type.items.map((item) => this.#annotation(item)).join(", ")}]`;
      case "option":
        return isNullable(type.some)
          ? `Optional[Some[${this.#annotation(type.some)}]]`
          : `Optional[${this.#annotation(type.some)}]`;
      case "result":
        return `Result[${this.#annotation(type.ok)}, ${this.#annotation(type.err)}]`;
      case "record":
      case "variant":
      case "enum":
      case "flags":
        return this.#names.place(type).name;
      case "own":
      case "borrow":
        return this.#names.place(type.resource).name;
      case "stream":
      case "future":
      case "error-context":
        return "object";
      default:
        return "int";
    }
  }

  #root(): string {
    const { imports, exports } = this.#world;
    const functions = [...imports.functions].map(([key, fn]) => this.#importedFunction(fn, key, ""));
    const methods = [...exports.functions.values()].map((fn) => this.#abstractMethod(fn, snake(fn.name), true));
    return [
      HEADER,
      this.#typesOf("wit_world"),
      ...this.#resources(imports.types.values(), "", null),
      ...functions,
      `class WitWorld(_Protocol):\n${methods.join("") || "    pass\n"}`,
      // Interface modules refer back to nothing here, so loading them last is safe.
      "from . import imports, exports\n",
    ].join("\n");
  }

  #importedModule(iface: WitInterface): string {
    const module = `wit_world.imports.${this.#names.module(iface.id)}`;
    const functions = [...iface.functions.values()].filter((fn) => fn.shape === "function");
    return [
      HEADER,
      this.#typesOf(module),
      ...this.#resources(iface.types.values(), iface.id, iface),
      ...functions.map((fn) => this.#importedFunction(fn, `${iface.id}#${fn.name}`, "")),
    ].join("\n");
  }

  #exportedModule(iface: WitInterface): string {
    const module = `wit_world.exports.${this.#names.module(iface.id)}`;
    const resources = [...iface.types.values()].filter(
      (type) => type.kind === "resource" && this.#names.isExported(type),
    );
    return [
      HEADER,
      this.#typesOf(module),
      ...resources.map((resource) => this.#resourceProtocol(resource as Resource, iface)),
    ].join("\n");
  }

  #typesOf(module: string): string {
    return [...(this.#classes.get(module)?.values() ?? [])].join("\n");
  }

  #resources(types: Iterable<WitType | Resource>, id: string, iface: WitInterface | null): string[] {
    const own = [...types].filter(
      (type) => type.kind === "resource" && (type.name.interface ?? "") === id,
    ) as Resource[];
    const functions = [...(iface ?? this.#world.imports).functions];
    return own.map((resource) => {
      const members = functions
        .filter(([, fn]) => fn.resource === resource)
        .map(([name, fn]) => this.#importedFunction(fn, iface === null ? name : `${id}#${name}`, "    "));
      return `class ${camel(resource.name.name)}(_Imported):\n${members.join("") || "    pass\n"}`;
    });
  }

  #importedFunction(fn: WitFunction, key: string, indent: string): string {
    const params = parameters(fn);
    const list = params.join(", ");
    const number = this.#importNumber(key);
    if (fn.shape === "constructor") {
      return `${indent}def __init__(${["self", ...params].join(", ")}):\n${indent}    self._handle = _imported[${number}](${list})\n`;
    }
    const name = snake(fn.shape === "function" ? fn.name : memberName(fn));
    const decorator = fn.shape === "static" ? `${indent}@staticmethod\n` : "";
    return `${decorator}${indent}def ${name}(${list}):\n${indent}    return _imported[${number}](${list})\n`;
  }

  #resourceProtocol(resource: Resource, iface: WitInterface): string {
    const members = [...iface.functions.values()]
      .filter((fn) => fn.resource === resource)
      .map((fn) => this.#protocolMember(fn));
    return `class ${camel(resource.name.name)}(_Protocol):\n${members.join("") || "    pass\n"}`;
  }

  #protocolMember(fn: WitFunction): string {
    if (fn.shape === "constructor") return this.#abstractMethod(fn, "__init__", true);
    const name = snake(memberName(fn));
    if (fn.shape === "static") return `    @staticmethod\n${this.#abstractMethod(fn, name, false)}`;
    return this.#abstractMethod(fn, name, false);
  }

  #abstractMethod(fn: WitFunction, name: string, self: boolean): string {
    const params = [...(self ? ["self"] : []), ...parameters(fn)].join(", ");
    return `    @_abstractmethod\n    def ${name}(${params}):\n        raise NotImplementedError\n`;
  }

  #protocols(): string {
    const { interfaces } = this.#world.exports;
    const classes = [...interfaces].map(([id, iface]) => {
      const functions = [...iface.functions.values()].filter((fn) => fn.shape === "function");
      if (functions.length === 0) return "";
      const methods = functions.map((fn) => this.#abstractMethod(fn, snake(fn.name), true));
      return `class ${interfaceClass(this.#names, id)}(_Protocol):\n${methods.join("")}`;
    });
    return [HEADER, this.#loads([...interfaces.keys()]), ...classes].join("\n");
  }

  #loads(ids: readonly string[]): string {
    return ids.map((id) => `from . import ${this.#names.module(id)}\n`).join("");
  }
}

/** The class of the application that implements an exported interface: `Geometry`. */
export function interfaceClass(names: Names, id: string): string {
  return camel(names.module(id).replace(/_+$/, "").replaceAll(/_+/g, "-"));
}

/** Parameter names; a method's own first one is `self` as in Python. */
function parameters(fn: WitFunction): string[] {
  const seen = new Set<string>();
  return fn.params.map((param, i) => {
    let name = snake(param.name);
    if (name === "self" && !(fn.shape === "method" && i === 0)) name = "self_";
    while (seen.has(name)) name += "_";
    seen.add(name);
    return name;
  });
}

function dataclass(name: string, lines: readonly string[]): string {
  return `@_dataclass\nclass ${name}:\n${lines.map((line) => `    ${line}\n`).join("") || "    pass\n"}`;
}
