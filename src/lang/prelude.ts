/**
 * The prelude: the one table of its names (rule 47). Signatures are written in the language's own type syntax;
 * single capital letters are type parameters, in order of first appearance. The checker resolves overloads top to
 * bottom, the VM implements `name/overload`, and the reference is generated from here.
 *
 * `row` is the effect of the call itself; a function argument adds its own. `key` arguments must be effect-free.
 */
import type { EffectRow } from "./typed.ts";

export interface PreludeEntry {
  /** `(a: Int, b: Int = …)`: an argument with `?` before its colon may be left out. */
  readonly signatures: readonly string[];
  readonly row: EffectRow;
  /** By overload, where they differ. */
  readonly rows?: readonly EffectRow[];
  readonly doc: string;
}

export const prelude: Readonly<Record<string, PreludeEntry>> = {
  len: {
    signatures: [
      "(xs: [T]) -> Int",
      "(s: String) -> Int",
      "(b: Bytes) -> Int",
      "(m: Map<K, V>) -> Int",
      "(a: Any) -> Int",
    ],
    row: "pure",
    doc: "How many elements, Unicode scalar values, bytes or entries there are.",
  },
  range: {
    signatures: ["(n: Int) -> [Int]", "(from: Int, to: Int) -> [Int]"],
    row: "pure",
    doc: "The Ints from 0 (or `from`) up to and without the last.",
  },
  push: { signatures: ["(xs: [T], x: T) -> [T]"], row: "pure", doc: "The list with one more element at its end." },
  map: { signatures: ["(xs: [T], f: fn(T) -> U) -> [U]"], row: "pure", doc: "The results of `f`, in order." },
  filter: {
    signatures: ["(xs: [T], f: fn(T) -> Bool) -> [T]"],
    row: "pure",
    doc: "The elements for which `f` is true.",
  },
  fold: {
    signatures: ["(xs: [T], start: U, f: fn(U, T) -> U) -> U"],
    row: "pure",
    doc: "`f(… f(f(start, x0), x1) …)`.",
  },
  zip: { signatures: ["(xs: [T], ys: [U]) -> [(T, U)]"], row: "pure", doc: "Pairs, as many as the shorter list has." },
  sort: {
    signatures: ["(xs: [T]) -> [T]", "(xs: [T], key: fn(T) -> U) -> [T]", "(xs: [T], less: fn(T, T) -> Bool) -> [T]"],
    row: "pure",
    doc: "Sorted upwards, stable, NaN last; by a key, or by a comparison that is true when its first comes before its second. Both must be effect-free.",
  },
  reverse: { signatures: ["(xs: [T]) -> [T]", "(s: String) -> String"], row: "pure", doc: "Back to front." },
  sum: {
    signatures: ["(xs: [Int]) -> Int", "(xs: [Float]) -> Float"],
    row: "pure",
    doc: "The sum, left to right; of `[]`, zero.",
  },
  contains: {
    signatures: ["(xs: [T], x: T) -> Bool", "(s: String, part: String) -> Bool", "(m: Map<K, V>, k: K) -> Bool"],
    row: "pure",
    doc: "Whether an element, a part of the text or a key is there.",
  },
  keys: {
    signatures: ["(m: Map<K, V>) -> [K]", "(a: Any) -> [String]"],
    row: "pure",
    doc: "The keys, in order of insertion.",
  },
  values: { signatures: ["(m: Map<K, V>) -> [V]"], row: "pure", doc: "The values, in order of their keys." },
  get: {
    signatures: ["(m: Map<K, V>, k: K) -> V?", "(xs: [T], i: Int) -> T?"],
    row: "pure",
    doc: "The value of a key or index, or nil.",
  },
  put: {
    signatures: ["(m: Map<K, V>, k: K, v: V) -> Map<K, V>"],
    row: "pure",
    doc: "The map with the key set; a new key comes last.",
  },
  remove: { signatures: ["(m: Map<K, V>, k: K) -> Map<K, V>"], row: "pure", doc: "The map without the key." },
  join: {
    signatures: ["(xs: [T], separator: String) -> String"],
    row: "pure",
    doc: "The print forms of the elements with the separator between.",
  },
  split: {
    signatures: ["(s: String, separator: String) -> [String]"],
    row: "pure",
    doc: 'The parts; by `""`, the scalar values.',
  },
  trim: { signatures: ["(s: String) -> String"], row: "pure", doc: "Without white space at either end." },
  upper: { signatures: ["(s: String) -> String"], row: "pure", doc: "In upper case (Unicode 15.1, no locale)." },
  lower: { signatures: ["(s: String) -> String"], row: "pure", doc: "In lower case (Unicode 15.1, no locale)." },
  replace: {
    signatures: ["(s: String, what: String, by: String) -> String"],
    row: "pure",
    doc: "Every occurrence replaced.",
  },
  starts_with: { signatures: ["(s: String, start: String) -> Bool"], row: "pure", doc: "Whether the text starts so." },
  ends_with: { signatures: ["(s: String, end: String) -> Bool"], row: "pure", doc: "Whether the text ends so." },
  slice: {
    signatures: [
      "(xs: [T], from: Int, to?: Int) -> [T]",
      "(s: String, from: Int, to?: Int) -> String",
      "(b: Bytes, from: Int, to?: Int) -> Bytes",
    ],
    row: "pure",
    doc: "From index `from` up to and without `to`; negative counts from the end; clipped to the ends.",
  },
  chars: { signatures: ["(s: String) -> [Char]"], row: "pure", doc: "The scalar values." },
  str: { signatures: ["(x: T) -> String"], row: "pure", doc: "The print form." },
  int: {
    signatures: ["(x: Float) -> Int", "(s: String) -> Int", "(x: Int) -> Int", "(c: Char) -> Int", "(a: Any) -> Int"],
    row: "pure",
    doc: "Towards zero; from text; the scalar value of a Char. Raises `invalid-text` or `out-of-range`.",
  },
  float: {
    signatures: ["(x: Float) -> Float", "(s: String) -> Float", "(a: Any) -> Float"],
    row: "pure",
    doc: "As a Float; from text. Raises `invalid-text`.",
  },
  bytes: {
    signatures: ["(s: String) -> Bytes", "(xs: [Int]) -> Bytes"],
    row: "pure",
    doc: "UTF-8 of a text, or a list of Ints from 0 to 255.",
  },
  text: { signatures: ["(b: Bytes) -> String"], row: "pure", doc: "UTF-8 decoded; raises `invalid-text`." },
  abs: { signatures: ["(x: Int) -> Int", "(x: Float) -> Float"], row: "pure", doc: "Without its sign." },
  min: {
    signatures: [
      "(a: Int, b: Int) -> Int",
      "(a: Float, b: Float) -> Float",
      "(xs: [Int]) -> Int",
      "(xs: [Float]) -> Float",
      "(xs: [T]) -> T",
    ],
    row: "pure",
    doc: "The smallest. Of an empty list: raises `out-of-range`.",
  },
  max: {
    signatures: [
      "(a: Int, b: Int) -> Int",
      "(a: Float, b: Float) -> Float",
      "(xs: [Int]) -> Int",
      "(xs: [Float]) -> Float",
      "(xs: [T]) -> T",
    ],
    row: "pure",
    doc: "The largest. Of an empty list: raises `out-of-range`.",
  },
  floor: {
    signatures: ["(x: Float) -> Int"],
    row: "pure",
    doc: "Down to an Int; raises `out-of-range` on nan and beyond.",
  },
  ceil: { signatures: ["(x: Float) -> Int"], row: "pure", doc: "Up to an Int." },
  round: {
    signatures: ["(x: Float) -> Int", "(x: Float, digits: Int) -> Float"],
    row: "pure",
    doc: "To the nearest, half away from zero; to so many decimal digits.",
  },
  fixed: {
    signatures: ["(x: Float, digits: Int) -> String"],
    row: "pure",
    doc: "With exactly so many digits after the point (0 to 100).",
  },
  sqrt: { signatures: ["(x: Float) -> Float"], row: "pure", doc: "Exact to the last bit (IEEE)." },
  exp: { signatures: ["(x: Float) -> Float"], row: "pure", doc: "The same bits on every platform." },
  log: {
    signatures: ["(x: Float) -> Float", "(text: String) -> Nil", "(level: String, text: String) -> Nil"],
    row: "writes",
    rows: ["pure", "writes", "writes"],
    doc: "The natural logarithm of a number (pure), or a line for the run's log (level `info`, or `debug`, `info`, `warn`, `error`).",
  },
  sin: { signatures: ["(x: Float) -> Float"], row: "pure", doc: "Of radians; the same bits on every platform." },
  cos: { signatures: ["(x: Float) -> Float"], row: "pure", doc: "Of radians; the same bits on every platform." },
  pi: { signatures: ["Float"], row: "pure", doc: "3.141592653589793" },
  inf: { signatures: ["Float"], row: "pure", doc: "Infinity" },
  nan: { signatures: ["Float"], row: "pure", doc: "Not a number" },
  is_nil: { signatures: ["(x: T?) -> Bool", "(a: Any) -> Bool"], row: "pure", doc: "Whether it is nil." },
  some: { signatures: ["(x: T) -> T?"], row: "pure", doc: "One layer of an option." },
  json_encode: {
    signatures: ["(x: T) -> String"],
    row: "pure",
    doc: 'JSON text. Records are objects, variants `{"case": payload}`; nan and inf are refused.',
  },
  json_decode: {
    signatures: ["(s: String) -> Any"],
    row: "pure",
    doc: "From JSON text; raises `invalid-text` with line and column. `1` is an Int, `1.0` a Float.",
  },
  sleep: { signatures: ["(d: Duration) -> Nil"], row: "suspends", doc: "Waits." },
  sleep_until: { signatures: ["(t: Instant) -> Nil"], row: "suspends", doc: "Waits until then." },
  instant: {
    signatures: ["(s: String) -> Instant"],
    row: "pure",
    doc: 'From text as `print` writes it, UTC: `instant("2026-11-21T11:30:00Z")`, with up to 9 digits of a fraction. Raises `invalid-text`.',
  },
  now: { signatures: ["() -> Instant"], row: "reads", doc: "The time, never going back within a run." },
  random: { signatures: ["() -> Float"], row: "reads", doc: "From 0 up to and without 1, from the run's seed." },
  uuid: { signatures: ["() -> String"], row: "reads", doc: "A version 4 UUID from the run's seed." },
  emit: {
    signatures: ["(name: String, value: Any) -> Nil"],
    row: "writes",
    doc: "An event for whoever follows the run.",
  },
  progress: {
    signatures: ["(done: Int, total: Int, text?: String) -> Nil"],
    row: "writes",
    doc: "How far the run is.",
  },
  webhook: {
    signatures: ["() -> Webhook"],
    row: "suspends",
    doc: "A URL; `await` it for the body posted there. Needs a durable run.",
  },
};
