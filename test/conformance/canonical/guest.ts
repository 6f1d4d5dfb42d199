/** Small guests in component text: one core module over a memory, with imports from `t:guest/host` and lifted exports. */
export interface GuestText {
  /** Types of the imported instance, and functions there: `(export "f" (func (param "x" u32)))`. */
  readonly host?: string;
  /** Functions of it that the core imports as `$name`: their core types. */
  readonly imports?: Readonly<Record<string, string>>;
  /** Resource types and canonical functions of them; what they are named, the core may import from `host` too. */
  readonly before?: string;
  /** Core imports that `before` defines: their core types. */
  readonly builtins?: Readonly<Record<string, string>>;
  /** The body of `realloc`: parameters `$old $was $align $size`. */
  readonly realloc?: string;
  /** Functions of the core module. */
  readonly core: string;
  /** Each export's type, or its type and its options. */
  readonly exports: Readonly<Record<string, string | Lifted>>;
  /** What follows the exports. */
  readonly after?: string;
  /** Pages of memory. */
  readonly pages?: number;
  /** Options of `canon lower`. */
  readonly lower?: string;
}

export interface Lifted {
  readonly type: string;
  /** The core function, when it has another name. */
  readonly core?: string;
  /** Beside memory and realloc. */
  readonly options?: string;
}

export const HOST = "t:guest/host";

/** Where the usual realloc begins to give out memory. */
export const HEAP = 4096;

const BUMP = `(local $at i32)
  (local.set $at (i32.and (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
    (i32.sub (i32.const 0) (local.get $align))))
  (global.set $next (i32.add (local.get $at) (local.get $size)))
  (local.get $at)`;

/** Every guest has `ok`, which answers 42: what a fresh instance can still do. */
export function guestText(guest: GuestText): string {
  const {
    host = "",
    imports = {},
    before = "",
    builtins = {},
    realloc = BUMP,
    pages = 1,
    lower = "",
    after = "",
  } = guest;
  const all = { ...imports, ...builtins };
  const given = Object.keys(all).map((name) => `(export "${name}" (func $${name}))`);
  return `(component
    ${host === "" ? "" : `(import "${HOST}" (instance $host ${host}))`}
    (core module $libc
      (memory (export "memory") ${pages})
      (global $next (export "next") (mut i32) (i32.const ${HEAP}))
      (func (export "realloc") (param $old i32) (param $was i32) (param $align i32) (param $size i32) (result i32) ${realloc}))
    (core instance $libc (instantiate $libc))
    (alias core export $libc "memory" (core memory $memory))
    (alias core export $libc "realloc" (core func $realloc))
    ${before}
    ${Object.keys(imports)
      .map((name) => loweredText(name, lower))
      .join("\n")}
    (core module $main
      (import "libc" "memory" (memory ${pages}))
      (import "libc" "next" (global $next (mut i32)))
      ${Object.entries(all)
        .map(([name, type]) => `(import "host" "${name}" (func $${name} ${type}))`)
        .join("\n")}
      (func (export "ok") (result i32) (i32.const 42))
      ${guest.core})
    (core instance $main (instantiate $main
      (with "libc" (instance $libc))
      (with "host" (instance ${given.join(" ")}))))
    (func (export "ok") (result u32) (canon lift (core func $main "ok")))
    ${Object.entries(guest.exports)
      .map(([name, each]) => exportText(name, each))
      .join("\n")}
    ${after})`;
}

function loweredText(name: string, lower: string): string {
  return `(core func $${name} (canon lower (func $host "${name}") (memory $memory) (realloc $realloc) ${lower}))`;
}

function exportText(name: string, exported: string | Lifted): string {
  const { type, core = name, options = "" } = typeof exported === "string" ? { type: exported } : exported;
  return `(func (export "${name}") ${type} (canon lift (core func $main "${core}") (memory $memory) (realloc $realloc) ${options}))`;
}

/** An address and a length as an answer that lies at 0. */
export function pointed(at: number, length: number): string {
  return `(i32.store (i32.const 0) (i32.const ${at})) (i32.store (i32.const 4) (i32.const ${length})) (i32.const 0)`;
}

export function hostKey(name: string): string {
  return `${HOST}#${name}`;
}
