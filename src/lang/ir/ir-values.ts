/**
 * Values as bytes. All values of one document are one table of nodes; a node refers to earlier ones only.
 *
 *   B1  What is shared stays shared, and is written once: a value built by doubling takes as many nodes as it has parts.
 *   B2  No recursion: the depth of a value costs nothing, writing or reading.
 *   B3  Writing what was read gives the same bytes.
 */
import { Defect } from "../../fault.ts";
import { AnyFloat } from "../../wit/any.ts";
import { CaseValue, Handle, Some } from "../../wit/value.ts";
import type { TypedNumbers, Value } from "../../wit/value.ts";
import { ByteWriter, malformed } from "./ir-bytes.ts";
import type { ByteReader } from "./ir-bytes.ts";
import { AnyTyped, Closure, ErrorValue, Task } from "../value.ts";

const NULL = 0;
const FALSE = 1;
const TRUE = 2;
const INT = 3;
const BIG = 4;
const FLOAT = 5;
const TEXT = 6;
const LIST = 7;
const MAP = 8;
const SOME = 9;
const CASE = 10;
const HANDLE = 11;
const ANY_FLOAT = 12;
const CLOSURE = 13;
const TASK = 14;
const ANY_TYPED = 15;
const ERROR = 16;
/** Typed arrays have the tags from here, in this order. */
const NUMBERS = 32;
const numberArrays = [
  Uint8Array,
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  BigUint64Array,
  BigInt64Array,
  Float32Array,
  Float64Array,
] as const;

/** The values directly inside, in the order in which they are written. */
function parts(value: Value): readonly Value[] {
  if (Array.isArray(value)) return value as readonly Value[];
  if (value instanceof Map) return [...(value as ReadonlyMap<Value, Value>)].flat() as Value[];
  if (value instanceof Some || value instanceof AnyTyped) return [value.value];
  if (value instanceof CaseValue) return [value.payload];
  if (value instanceof Closure) return value.captures;
  if (value instanceof ErrorValue) return [value.value, ...value.suppressed];
  return [];
}

export class ValueWriter {
  /** By their bytes: what is equal is written once, shared or not. Null: what is shared is. */
  readonly #contents: Map<string, number> | null;
  readonly #nodes = new ByteWriter();
  readonly #numbers = new Map<unknown, number>();
  #count = 0;

  constructor({ byContent = false }: { readonly byContent?: boolean } = {}) {
    this.#contents = byContent ? new Map() : null;
  }

  /** The number of the value's node. */
  add(value: Value): number {
    const work: { value: Value; ready: boolean }[] = [{ value, ready: false }];
    for (let next = work.pop(); next !== undefined; next = work.pop()) {
      if (this.#numbers.has(keyOf(next.value))) continue;
      const inside = next.ready ? [] : parts(next.value).filter((part) => !this.#numbers.has(keyOf(part)));
      if (inside.length === 0) {
        this.#write(next.value);
        continue;
      }
      work.push({ value: next.value, ready: true });
      for (const part of inside.toReversed()) work.push({ value: part, ready: false });
    }
    return this.#numbers.get(keyOf(value)) as number;
  }

  #write(value: Value): void {
    if (this.#contents !== null) return this.#writeContent(value, this.#contents);
    writeNode(this.#nodes, value, (part) => this.#numbers.get(keyOf(part)) as number);
    this.#numbers.set(keyOf(value), this.#count++);
  }

  #writeContent(value: Value, known: Map<string, number>): void {
    const node = new ByteWriter();
    writeNode(node, value, (part) => this.#numbers.get(keyOf(part)) as number);
    const bytes = node.finish();
    const before = known.get(bytes.join());
    this.#numbers.set(keyOf(value), before ?? this.#count);
    if (before !== undefined) return;
    known.set(bytes.join(), this.#count++);
    this.#nodes.raw(bytes);
  }

  finish(out: ByteWriter): void {
    out.uint(this.#count);
    out.raw(this.#nodes.finish());
  }
}

/** Its buffer is used again and again. */
const leaves = new ByteWriter();
const MOST_TEXT = 1000;

/** The document that `ValueWriter` writes of one value without parts, by the short way: most values are. Null for every other. */
export function leafDocument(value: Value): Uint8Array | null {
  const isLeaf = value === null || typeof value !== "object";
  if (!isLeaf || (typeof value === "string" && value.length > MOST_TEXT)) return null;
  leaves.reset();
  leaves.uint(1);
  writeNode(leaves, value, () => 0);
  leaves.uint(0);
  return leaves.finish();
}

/** Objects by identity, the rest by content; −0 and NaN apart, and numbers from texts. */
function keyOf(value: Value): unknown {
  if (Object.is(value, -0)) return "-0";
  return typeof value === "string" ? `"${value}` : value;
}

function writeNode(out: ByteWriter, value: Value, number: (part: Value) => number): void {
  const refer = (part: Value): void => out.uint(number(part));
  if (value === null) return out.byte(NULL);
  if (typeof value === "boolean") return out.byte(value ? TRUE : FALSE);
  if (typeof value === "number") return writeNumber(out, value);
  if (typeof value === "bigint") return tagged(out, BIG, () => out.text(String(value)));
  if (typeof value === "string") return tagged(out, TEXT, () => out.text(value));
  if (Array.isArray(value)) return tagged(out, LIST, () => out.list(value as readonly Value[], refer));
  if (value instanceof Map) {
    const entries = [...(value as ReadonlyMap<Value, Value>)];
    return tagged(out, MAP, () => out.list(entries, ([key, item]) => (refer(key), refer(item))));
  }
  if (ArrayBuffer.isView(value)) return writeNumbers(out, value);
  writeObject(out, value as object, refer);
}

function tagged(out: ByteWriter, tag: number, write: () => void): void {
  out.byte(tag);
  write();
}

function writeNumber(out: ByteWriter, value: number): void {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) return tagged(out, INT, () => out.int(value));
  tagged(out, FLOAT, () => out.float(value));
}

function writeNumbers(out: ByteWriter, value: TypedNumbers): void {
  const kind = numberArrays.findIndex((array) => value instanceof array);
  // Little-endian whatever the machine: elements are written one by one.
  tagged(out, NUMBERS + kind, () => {
    out.uint(value.length);
    const bytes = new Uint8Array(value.byteLength);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < value.length; i++) putElement(view, kind, i, value[i] as number | bigint);
    out.raw(bytes);
  });
}

function putElement(view: DataView, kind: number, i: number, value: number | bigint): void {
  switch (kind) {
    case 0:
    case 1:
      return view.setUint8(i, value as number);
    case 2:
    case 3:
      return view.setUint16(i * 2, value as number, true);
    case 4:
    case 5:
      return view.setUint32(i * 4, value as number, true);
    case 6:
    case 7:
      return view.setBigUint64(i * 8, BigInt.asUintN(64, value as bigint), true);
    case 8:
      return view.setFloat32(i * 4, value as number, true);
    default:
      return view.setFloat64(i * 8, value as number, true);
  }
}

function takeElement(view: DataView, kind: number, i: number): number | bigint {
  switch (kind) {
    case 0:
      return view.getUint8(i);
    case 1:
      return view.getInt8(i);
    case 2:
      return view.getUint16(i * 2, true);
    case 3:
      return view.getInt16(i * 2, true);
    case 4:
      return view.getUint32(i * 4, true);
    case 5:
      return view.getInt32(i * 4, true);
    case 6:
      return view.getBigUint64(i * 8, true);
    case 7:
      return view.getBigInt64(i * 8, true);
    case 8:
      return view.getFloat32(i * 4, true);
    default:
      return view.getFloat64(i * 8, true);
  }
}

function writeObject(out: ByteWriter, value: object, refer: (part: Value) => void): void {
  if (value instanceof Some) return tagged(out, SOME, () => refer(value.value));
  if (value instanceof AnyFloat) return tagged(out, ANY_FLOAT, () => out.float(value.value));
  if (value instanceof Task) return tagged(out, TASK, () => out.text(value.id));
  if (value instanceof CaseValue) return tagged(out, CASE, () => (out.uint(value.index), refer(value.payload)));
  if (value instanceof Handle) return tagged(out, HANDLE, () => (out.int(value.instance), out.int(value.id)));
  if (value instanceof AnyTyped) return tagged(out, ANY_TYPED, () => (out.uint(value.type), refer(value.value)));
  if (value instanceof Closure) {
    return tagged(out, CLOSURE, () => (out.uint(value.fn), out.list(value.captures, refer)));
  }
  if (value instanceof ErrorValue) return tagged(out, ERROR, () => writeError(out, value, refer));
  throw new Defect("a value that only the host understands cannot be written");
}

function writeError(out: ByteWriter, error: ErrorValue, refer: (part: Value) => void): void {
  out.text(error.code);
  out.text(error.message);
  out.text(error.source);
  out.maybe(error.branch, (branch) => out.uint(branch));
  out.list(error.trace, (line) => {
    out.maybe(line.package, (name) => out.text(name));
    out.text(line.function);
    out.text(line.file);
    out.uint(line.line);
    out.uint(line.column);
  });
  refer(error.value);
  out.list(error.suppressed, refer);
}

/** What nodes may refer to beyond other nodes. */
export interface ValueTables {
  readonly types: number;
  /** Captures by function; undefined when there is no such function. */
  captures(fn: number): number | undefined;
}

/** The table of nodes at this place of the bytes. */
export function readValues(input: ByteReader, tables: ValueTables): Value[] {
  const count = input.count();
  const nodes: Value[] = [];
  for (let i = 0; i < count; i++) nodes.push(readNode(input, nodes, tables));
  return nodes;
}

function readNode(input: ByteReader, nodes: readonly Value[], tables: ValueTables): Value {
  const refer = (): Value => nodes[input.index(nodes.length, "the value")] as Value;
  const tag = input.byte();
  switch (tag) {
    case NULL:
      return null;
    case FALSE:
      return false;
    case TRUE:
      return true;
    case INT:
      return input.int();
    case BIG:
      return readBig(input.text());
    case FLOAT:
      return input.float();
    case TEXT:
      return input.text();
    case LIST:
      return input.list(refer);
    case MAP:
      return new Map(input.list(() => [refer(), refer()]));
    case SOME:
      return new Some(refer());
    case CASE:
      return new CaseValue(input.uint(), refer());
    case HANDLE:
      return new Handle(input.int(), input.int());
    case ANY_FLOAT:
      return new AnyFloat(input.float());
    case CLOSURE:
      return readClosure(input, refer, tables);
    case TASK:
      return new Task(input.text());
    case ANY_TYPED:
      return new AnyTyped(input.index(tables.types, "the type"), refer());
    case ERROR:
      return readError(input, refer);
    default:
      return readNumbers(input, tag - NUMBERS);
  }
}

function readBig(text: string): bigint {
  if (!/^-?[0-9]{1,20}$/.test(text)) throw malformed("an Int has no digits");
  const value = BigInt(text);
  if (value < -(2n ** 63n) || value >= 2n ** 64n || Number.isSafeInteger(Number(value))) {
    throw malformed("an Int is not in its one form");
  }
  return value;
}

function readNumbers(input: ByteReader, kind: number): Value {
  const array = numberArrays[kind];
  if (array === undefined) throw malformed("a value of no known kind");
  const length = input.uint();
  const view = new DataView(input.raw(length * array.BYTES_PER_ELEMENT).buffer);
  const numbers = new array(length);
  for (let i = 0; i < length; i++) numbers[i] = takeElement(view, kind, i) as never;
  return numbers;
}

function readClosure(input: ByteReader, refer: () => Value, tables: ValueTables): Closure {
  const fn = input.uint();
  const captures = input.list(refer);
  if (tables.captures(fn) !== captures.length) throw malformed("a closure does not fit its function");
  return new Closure(fn, captures);
}

function readError(input: ByteReader, refer: () => Value): ErrorValue {
  const code = input.text();
  const message = input.text();
  const source = input.text();
  const branch = input.maybe(() => input.uint());
  const trace = input.list(() => ({
    package: input.maybe(() => input.text()),
    function: input.text(),
    file: input.text(),
    line: input.uint(),
    column: input.uint(),
  }));
  const value = refer();
  const suppressed = input.list(refer);
  if (!suppressed.every((error) => error instanceof ErrorValue)) throw malformed("an error's suppressed are no errors");
  return new ErrorValue({ code, message, source, branch, trace, value, suppressed });
}
