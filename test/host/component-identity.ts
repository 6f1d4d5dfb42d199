/**
 * A component that gives back whatever it is given, for any types: its functions take and return so much that the
 * canonical ABI passes a pointer both ways, and the core function returns the pointer it got.
 */
import { componentEmbed, componentNew, parse } from "@bytecodealliance/jco-transpile/wasm-tools";

import type { WitType } from "../../src/wit/types.ts";

/** More words than the ABI passes in registers. */
const FILLER = `tuple<${Array.from({ length: 17 }, () => "u32").join(", ")}>`;

/** What goes in the filler. */
export const FILLING: readonly number[] = Array.from({ length: 17 }, (_, at) => at);

/**
 * Functions `f0`, `f1` … of `test:identity/api`, one for each type: `tuple<T, filler>` to the same. With `mirror` each
 * asks the import `test:identity/mirror` of the same name and gives back its answer.
 */
export async function identityComponent(types: readonly WitType[], mirror = false): Promise<Uint8Array> {
  const definitions: string[] = [];
  const functions = types.map((type, at) => {
    const tuple = `tuple<${witOf(type, definitions)}, ${FILLER}>`;
    return `f${at}: func(x: ${tuple}) -> ${tuple};`;
  });
  const names = definitions.map((_, at) => `t${at}`);
  const uses = names.length === 0 ? "" : `use types.{${names.join(", ")}};`;
  const witSource = `package test:identity; interface types { ${definitions.join("\n")} } interface api { ${uses} ${functions.join("\n")} } interface mirror { ${uses} ${functions.join("\n")} } world w { ${mirror ? "import mirror;" : ""} export api; }`;
  const binary = await parse(coreText(types.length, mirror));
  return componentNew(await componentEmbed({ binary, witSource, features: { tag: "all" } }));
}

/** Where the answers of a poked component lie. */
export const ANSWER = 4096;

/**
 * Functions `f0`, `f1` … of `test:poked/api`, one for each type, which answer `tuple<T, filler>` with whatever lies at
 * `ANSWER`; `poke` puts a word there or elsewhere.
 */
export async function pokedComponent(types: readonly WitType[]): Promise<Uint8Array> {
  const definitions: string[] = [];
  const functions = types.map((type, at) => `f${at}: func() -> tuple<${witOf(type, definitions)}, ${FILLER}>;`);
  const bodies = types.map((_, at) => `(func (export "test:poked/api#f${at}") (result i32) (i32.const ${ANSWER}))`);
  const witSource = `package test:poked; interface api { ${definitions.join("\n")} ${functions.join("\n")}
    poke: func(at: u32, word: u32); } world w { export api; }`;
  const binary = await parse(`(module (memory (export "memory") 1)
    (func (export "test:poked/api#poke") (param i32 i32) (i32.store (local.get 0) (local.get 1)))
    ${bodies.join("\n")})`);
  return componentNew(await componentEmbed({ binary, witSource, features: { tag: "all" } }));
}

/** Memory is given out upwards and never taken back: an instance serves a few calls. */
function coreText(count: number, mirror: boolean): string {
  const all = Array.from({ length: count }, (_, at) => at);
  const imports = mirror
    ? all.map((at) => `(import "test:identity/mirror" "f${at}" (func $mirror${at} (param i32 i32)))`)
    : [];
  const functions = all.map(
    (at) =>
      `(func (export "test:identity/api#f${at}") (param i32) (result i32) ${mirror ? `(call $mirror${at} (local.get 0) (i32.const 65536)) (i32.const 65536)` : "(local.get 0)"})`,
  );
  return `(module
    ${imports.join("\n")}
    (memory (export "memory") 64)
    (global $next (mut i32) (i32.const 131072)) ;; below: the answers of the mirror
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and
        (i32.add (global.get $next) (i32.sub (local.get 2) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get 2))))
      (global.set $next (i32.add (local.get $at) (local.get 3)))
      (if (i32.gt_u (global.get $next) (i32.mul (memory.size) (i32.const 65536)))
        (then (drop (memory.grow (i32.const 64)))))
      (memory.copy (local.get $at) (local.get 0)
        (select (local.get 1) (local.get 3) (i32.lt_u (local.get 1) (local.get 3))))
      (local.get $at))
    ${functions.join("\n")})`;
}

/** The type in WIT; what needs a name gets one in the definitions. */
function witOf(type: WitType, definitions: string[]): string {
  const inner = (each: WitType | null): string => (each === null ? "_" : witOf(each, definitions));
  switch (type.kind) {
    case "list":
      return type.length === undefined
        ? `list<${inner(type.element)}>`
        : `list<${inner(type.element)}, ${type.length}>`;
    case "map":
      return `map<${inner(type.key)}, ${inner(type.value)}>`;
    case "tuple":
      return `tuple<${type.items.map(inner).join(", ")}>`;
    case "option":
      return `option<${inner(type.some)}>`;
    case "result":
      return type.err === null
        ? type.ok === null
          ? "result"
          : `result<${inner(type.ok)}>`
        : `result<${inner(type.ok)}, ${inner(type.err)}>`;
    case "record":
      return defined(
        "record",
        type.fields.map((each) => `%${each.name}: ${inner(each.type)}`),
        definitions,
      );
    case "variant":
      return defined(
        "variant",
        type.cases.map((each) => `%${each.name}${each.type === null ? "" : `(${inner(each.type)})`}`),
        definitions,
      );
    case "enum":
      return defined(
        "enum",
        type.cases.map((each) => `%${each}`),
        definitions,
      );
    case "flags":
      return defined(
        "flags",
        type.labels.map((each) => `%${each}`),
        definitions,
      );
    default:
      return type.kind;
  }
}

function defined(keyword: string, members: readonly string[], definitions: string[]): string {
  const name = `t${definitions.length}`;
  definitions.push(`${keyword} ${name} { ${members.join(", ")} }`);
  return name;
}
