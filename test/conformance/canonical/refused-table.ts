/** Components that the host refuses: what it does not offer, and what is not valid. */
export interface Refusal {
  readonly name: string;
  readonly text: string;
  /** How it is refused, whatever the path. */
  readonly code: "component-unsupported" | "component-invalid";
}

const CORE = `(core module $m (memory (export "memory") 1) (func (export "f")) (func (export "i") (result i32) (i32.const 0))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0)) (func (export "nothing"))
    (func (export "p") (param i32)) (func (export "pp") (param i32 i32)))
  (core instance $m (instantiate $m)) (alias core export $m "memory" (core memory $memory))`;

function component(body: string): string {
  return `(component ${CORE} ${body})`;
}

const unsupported = (name: string, body: string): Refusal => ({
  name,
  text: component(body),
  code: "component-unsupported",
});
const invalid = (name: string, body: string): Refusal => ({ name, text: component(body), code: "component-invalid" });

/** Built-ins of the asynchronous model, each defined and given to nobody. */
const BUILTINS: Readonly<Record<string, string>> = {
  "stream.new": "(canon stream.new $s (core func))",
  "stream.read": "(canon stream.read $s (memory $memory) (core func))",
  "stream.write": "(canon stream.write $s (memory $memory) (core func))",
  "stream.cancel-read": "(canon stream.cancel-read $s (core func))",
  "stream.cancel-write": "(canon stream.cancel-write $s (core func))",
  "stream.drop-readable": "(canon stream.drop-readable $s (core func))",
  "stream.drop-writable": "(canon stream.drop-writable $s (core func))",
  "future.new": "(canon future.new $u (core func))",
  "future.read": "(canon future.read $u (memory $memory) (core func))",
  "future.write": "(canon future.write $u (memory $memory) (core func))",
  "future.cancel-read": "(canon future.cancel-read $u (core func))",
  "future.cancel-write": "(canon future.cancel-write $u (core func))",
  "future.drop-readable": "(canon future.drop-readable $u (core func))",
  "future.drop-writable": "(canon future.drop-writable $u (core func))",
  "task.return": "(canon task.return (result u32) (core func))",
  "task.cancel": "(canon task.cancel (core func))",
  "subtask.cancel": "(canon subtask.cancel (core func))",
  "subtask.drop": "(canon subtask.drop (core func))",
  "waitable-set.new": "(canon waitable-set.new (core func))",
  "waitable-set.wait": "(canon waitable-set.wait (memory $memory) (core func))",
  "waitable-set.poll": "(canon waitable-set.poll (memory $memory) (core func))",
  "waitable-set.drop": "(canon waitable-set.drop (core func))",
  "waitable.join": "(canon waitable.join (core func))",
  "context.get": "(canon context.get i32 0 (core func))",
  "context.set": "(canon context.set i32 0 (core func))",
  "backpressure.inc": "(canon backpressure.inc (core func))",
  "backpressure.dec": "(canon backpressure.dec (core func))",
  "thread.yield": "(canon thread.yield (core func))",
  "error-context.new": "(canon error-context.new (memory $memory) (core func))",
  "error-context.drop": "(canon error-context.drop (core func))",
};

/** Not on the direct path; jco's binding may know them. */
export const NOT_DIRECT: readonly Refusal[] = [
  ...Object.entries(BUILTINS).map(([name, text]) =>
    unsupported(`the built-in ${name}`, `(type $s (stream u8)) (type $u (future u8)) ${text}`),
  ),
  unsupported(
    "an asynchronous function",
    `(core func $return (canon task.return)) (core module $a (import "" "return" (func $return))
    (func (export "f") (result i32) (call $return) (i32.const 0)) (func (export "c") (param i32 i32 i32) (result i32) unreachable))
    (core instance $a (instantiate $a (with "" (instance (export "return" (func $return))))))
    (func (export "g") async (canon lift (core func $a "f") async (callback (core func $a "c"))))`,
  ),
  unsupported(
    "a nested component",
    `(component $inner (core module $n (func (export "f"))) (core instance (instantiate $n))) (instance (instantiate $inner))`,
  ),
];

/** On no path. */
export const NOT_OFFERED: readonly Refusal[] = [
  unsupported("a stream as an answer", `(func (export "g") (result (stream u8)) (canon lift (core func $m "i")))`),
  unsupported("a future as an answer", `(func (export "g") (result (future u8)) (canon lift (core func $m "i")))`),
  unsupported("a stream as an argument", `(func (export "g") (param "x" (stream)) (canon lift (core func $m "p")))`),
  unsupported(
    "a stream inside of a list",
    `(func (export "g") (param "x" (list (stream u8)))
    (canon lift (core func $m "pp") (memory $memory) (realloc (core func $m "realloc"))))`,
  ),
  unsupported(
    "an error context as an argument",
    `(func (export "g") (param "x" error-context) (canon lift (core func $m "p")))`,
  ),
  unsupported("a core module that has to be given", `(import "m" (core module (export "f" (func))))`),
  invalid(
    "threads",
    `(core type $t (func (param i32))) (core module $t (table (export "t") 1 funcref)) (core instance $t (instantiate $t))
    (alias core export $t "t" (core table $table)) (canon thread.new-indirect $t (core table $table) (core func))`,
  ),
  invalid("a memory of 64 bits", `(core module (memory i64 1))`),
  invalid("a shared memory", `(core module (memory 1 1 shared))`),
  invalid("a type of its own among its exports", `(type $r (record (field "x" u8))) (export "r" (type $r))`),
];

/** jco's binding takes neither; directly they are what wasm says (newer-wasm.test.ts). */
export const NOT_BY_JCO: readonly Refusal[] = [
  invalid("a core module that throws", `(core module (tag $e) (func (export "f") (throw $e)))`),
  invalid("two memories in a core module", `(core module (memory 1) (memory 1))`),
];

/** What the specification does not allow: the options of lift and lower, types, indices, names. */
export const INVALID: readonly Refusal[] = [
  invalid("abi.wast: no memory for an answer", `(func $f (result (tuple s8 u8)) (canon lift (core func $m "i")))`),
  invalid("abi.wast: no memory for a list", `(func $f (param "p" (list u8)) (canon lift (core func $m "pp")))`),
  invalid(
    "abi.wast: no realloc for a list",
    `(func $f (param "p" (list u8)) (canon lift (core func $m "pp") (memory $memory)))`,
  ),
  invalid(
    "abi.wast: realloc without memory",
    `(func $f (canon lift (core func $m "f") (realloc (core func $m "realloc"))))`,
  ),
  invalid("abi.wast: a memory that is not there", `(func $f (canon lift (core func $m "f") (memory 7)))`),
  invalid(
    "abi.wast: two encodings",
    `(func $f (canon lift (core func $m "f") string-encoding=utf8 string-encoding=utf16))`,
  ),
  invalid("abi.wast: two memories", `(func $f (canon lift (core func $m "f") (memory $memory) (memory $memory)))`),
  invalid(
    "abi.wast: two reallocs",
    `(func $f (canon lift (core func $m "f") (memory $memory)
    (realloc (core func $m "realloc")) (realloc (core func $m "realloc"))))`,
  ),
  invalid(
    "abi.wast: realloc of another type",
    `(func $f (canon lift (core func $m "f") (memory $memory) (realloc (core func $m "nothing"))))`,
  ),
  invalid(
    "abi.wast: post-return of another type",
    `(func $f (result u32) (canon lift (core func $m "i") (post-return (core func $m "nothing"))))`,
  ),
  invalid(
    "abi.wast: two post-returns",
    `(func $f (canon lift (core func $m "f")
    (post-return (core func $m "nothing")) (post-return (core func $m "nothing"))))`,
  ),
  invalid("abi.wast: a parameter too many", `(func $f (canon lift (core func $m "p")))`),
  invalid("abi.wast: a result too many", `(func $f (canon lift (core func $m "i")))`),
  invalid("abi.wast: not a function's type", `(type $t string) (func $f (type $t) (canon lift (core func $m "f")))`),
  invalid("defined-types.wast: an empty record", `(type (record))`),
  invalid("defined-types.wast: an empty variant", `(type (variant))`),
  invalid("defined-types.wast: an empty tuple", `(type (tuple))`),
  invalid("defined-types.wast: an empty enum", `(type (enum))`),
  invalid("defined-types.wast: no flags", `(type (flags))`),
  invalid(
    "defined-types.wast: 33 flags",
    `(type (flags ${Array.from({ length: 33 }, (_, at) => `"f${at}"`).join(" ")}))`,
  ),
  invalid("defined-types.wast: one label twice", `(type (record (field "a" u8) (field "A" u8)))`),
  invalid("defined-types.wast: a map by floats", `(type (map f32 u8))`),
  invalid("max-value-size.wast: a list of 2^28 bytes", `(type (list u8 268435456))`),
  invalid("max-value-size.wast: bytes that are 0 modulo 2^32", `(type (list u64 536870912))`),
  invalid("max-value-size.wast: a tuple of 2^28 bytes", `(type (tuple (list u8 268435455) (list u8 1)))`),
  invalid("max-value-size.wast: lists in lists", `(type (list (list u8 268435455) 2))`),
  invalid(
    "resources.wast: a borrow as an answer",
    `(type $r (resource (rep i32))) (func $f (result (borrow $r)) (canon lift (core func $m "i")))`,
  ),
  invalid("resources.wast: a resource with 64 bits", `(type (resource (rep i64)))`),
  invalid("resources.wast: a destructor of another type", `(type (resource (rep i32) (dtor (core func $m "f"))))`),
  invalid("resources.wast: new of a record", `(type $t u8) (canon resource.new $t (core func))`),
  invalid("kebab.wast: a name with a capital in a word", `(func (export "aB") (canon lift (core func $m "f")))`),
  invalid("kebab.wast: a name that begins with a digit", `(func (export "1a") (canon lift (core func $m "f")))`),
  invalid("kebab.wast: a name that ends in a hyphen", `(func (export "a-") (canon lift (core func $m "f")))`),
  invalid(
    "kebab.wast: two names that differ by case only",
    `(func (export "a") (canon lift (core func $m "f"))) (func (export "A") (canon lift (core func $m "f")))`,
  ),
  invalid("annotated-names.wast: a method of nothing", `(func (export "[method]r.x") (canon lift (core func $m "f")))`),
  invalid(
    "annotated-names.wast: a constructor that makes nothing",
    `(func (export "[constructor]r") (canon lift (core func $m "f")))`,
  ),
  invalid(
    "external-visibility.wast: a record without a name",
    `(func (export "g") (result (record (field "x" u32))) (canon lift (core func $m "i")))`
      .replace("(result (record", "(result $raw")
      .replace(`(field "x" u32))) (canon`, `) (canon`)
      .replace("(func (export", `(type $raw (record (field "x" u32))) (func (export`),
  ),
  invalid("indicies.wast: a core function that is not there", `(func $f (canon lift (core func 99)))`),
  invalid("indicies.wast: a type that is not there", `(type (list 99))`),
  invalid("outer-alias.wast: too far out", `(alias outer 5 0 (type))`),
  invalid(
    "instantiation.wast: an import that is missing",
    `(core module $n (import "a" "b" (func))) (core instance (instantiate $n))`,
  ),
  invalid(
    "instantiation.wast: an import of another type",
    `(core module $n (import "a" "b" (memory 1)))
    (core instance (instantiate $n (with "a" (instance (export "b" (func $m "f"))))))`,
  ),
  invalid("core-modules.wast: a core function that is not valid", `(core module (func (result i32)))`),
  invalid(
    "extern-names.wast: one export twice",
    `(func (export "x") (canon lift (core func $m "f"))) (func (export "x") (canon lift (core func $m "f")))`,
  ),
  invalid("attributes.wast: not a version", `(import "a:b/c@1.x" (instance))`),
  invalid("tags.wast: a tag that is a function", `(alias core export $m "f" (core tag))`),
  invalid("unit.wast: an instance that is not there", `(alias core export 9 "f" (core func))`),
  invalid("validate-no-stream-char.wast: a stream of chars", `(type (stream char))`),
  invalid(
    "validate-no-async-abi-for-sync-type.wast: async for a synchronous type",
    `(func (export "g") (canon lift (core func $m "f") async))`,
  ),
  invalid(
    "shared-everything-dynamic-linking.wast: a memory too small",
    `(core module $n (import "a" "memory" (memory 2)))
    (core instance (instantiate $n (with "a" (instance (export "memory" (memory $memory))))))`,
  ),
  invalid(
    "link-time-virtualization.wast: a component without its import",
    `(component $n (import "fs" (instance (export "read" (func)))))
    (instance (instantiate $n))`,
  ),
];
