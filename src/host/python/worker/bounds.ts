/**
 * Bounds for JavaScript's own functions, in a realm whose only guest is Python, which finds them by way of any object.
 *
 * While V8 is in a function of its own, nobody can end its thread: it hears of that when code is entered again. And where some of
 * these need an array of more elements than V8 has room for, it ends the process.
 *
 *   B1  Functions that go through an array do so with a real one, of `MOST` elements at most; not with any object that claims to
 *       have a length, which could have 2^53.
 *   B2  What lists a buffer's elements or a text's characters one by one is given few.
 *   B3  What is left takes time and memory in proportion to what there is (`../../heap-watch.node.ts`).
 */

/** Elements of an array. V8 has room for 2^27 in one. */
const MOST = 2 ** 25;
/** Elements of a buffer, or characters, as objects of their own. */
const MOST_LISTED = 2 ** 18;

type Native = (this: unknown, ...args: readonly unknown[]) => unknown;
type Holder = Record<string, unknown>;

/** Those that take the time of one element, whatever the length. */
const SHORT = new Set(["at", "constructor", "pop", "push"]);
const LISTING =
  `assign create defineProperties entries freeze fromEntries getOwnPropertyDescriptors getOwnPropertyNames isFrozen
  isSealed keys seal values`.split(/\s+/);

type View = abstract new (...args: readonly unknown[]) => object;

const TYPED: readonly View[] = [
  [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array],
  [Float32Array, Float64Array, BigInt64Array, BigUint64Array],
].flat() as unknown as readonly View[];

const { apply, construct } = Reflect;
const { isArray } = Array;
const { isView } = ArrayBuffer;
const sizeOf = Reflect.getOwnPropertyDescriptor(Reflect.getPrototypeOf(Uint8Array.prototype) as object, "length")
  ?.get as Native;
const textOf = String.prototype.toString as Native;
const { iterator } = Symbol;
const own = Reflect.getOwnPropertyDescriptor;

/** Once, before anything of a plugin's runs. */
export function boundBuiltins(): void {
  for (const name of Object.getOwnPropertyNames(Array.prototype))
    if (!SHORT.has(name)) bound(Array.prototype, name, refuseOtherArrays);
  const typed = Reflect.getPrototypeOf(Uint8Array.prototype) as object;
  for (const name of ["join", "toLocaleString"]) bound(typed, name, refuseMany);
  Object.defineProperty(typed, "constructor", { value: undefined });
  for (const of of TYPED) boundConstructor(of);
  bound(String.prototype, "split", refuseMany);
  for (const name of LISTING) bound(Object, name, (_, args) => args.forEach((each) => refuseMany(each)));
  bound(Array, "from", (_, [given]) => refuseEndless(given));
  bound(Reflect, "ownKeys", (_, [given]) => refuseMany(given));
  bound(Object, "getOwnPropertySymbols", refuse); // the way to `Symbol.iterator`, and to arrays' own iterator
  bound(String, "raw", refuse);
  for (const name of Object.getOwnPropertyNames(Iterator.prototype)) {
    if (name !== "constructor") Reflect.deleteProperty(Iterator.prototype, name);
  }
}

function bound(of: object, name: string, check: (self: unknown, args: readonly unknown[]) => void): void {
  const holder = of as Holder;
  const native = holder[name] as Native;
  if (typeof native !== "function") return;
  const bounded = {
    [name](this: unknown, ...args: readonly unknown[]): unknown {
      check(this, args);
      return apply(native, this, args);
    },
  }[name];
  Object.defineProperty(holder, name, { value: bounded, writable: true, configurable: true, enumerable: false });
}

/** Pyodide goes by the globals; Python finds what an object says of itself. */
function boundConstructor(of: View): void {
  const bounded = function (...args: readonly unknown[]): object {
    refuseEndless(args[0]);
    return construct(of as new (...args: readonly unknown[]) => object, args) as object;
  };
  Object.defineProperty(bounded, "name", { value: of.name });
  Object.defineProperty(of.prototype, "constructor", { value: bounded });
}

function refuse(): never {
  throw new RangeError("this would have no bounds here");
}

/** (B1) */
function refuseOtherArrays(self: unknown): void {
  if (!isArray(self) || self.length > MOST) refuse();
}

/** (B2) */
function refuseMany(given: unknown): void {
  if (isArray(given) ? given.length > MOST_LISTED : countOf(given) > MOST_LISTED) refuse();
}

/** An object with a length, and nothing else that tells when it is over. */
function refuseEndless(given: unknown): void {
  if (isArray(given)) return refuseOtherArrays(given);
  if (given instanceof ArrayBuffer) return;
  if (typeof given === "object" && given !== null && !isView(given) && !(iterator in given)) {
    if (!((own(given, "length")?.value ?? MOST + 1) <= MOST)) refuse(); // a value: what a getter says it may not say again
  }
  if (countOf(given) > MOST) refuse();
}

function countOf(given: unknown): number {
  if (typeof given === "string") return given.length;
  if (typeof given !== "object" || given === null) return 0;
  if (isView(given)) return given instanceof DataView ? 0 : (apply(sizeOf, given, []) as number);
  try {
    return (apply(textOf, given, []) as string).length; // a String object, whatever it says of itself
  } catch {
    return 0;
  }
}
