/**
 * Calls into Python through CPython's own C functions, which Pyodide's module exports: no proxies, and no copy but those
 * that the format needs.
 *
 *   C1  What is written to or read from the linear memory is looked up anew for each access, for the memory moves when it grows.
 *   C2  Every object reference that a function hands over is let go of, once; `release` lets go of a result.
 *   C3  Of the objects in memory only three are read without a function: what type an object has, and lists of floats. That
 *       they look as thought is tried out first; if not, lists are written by `marshal` like everything else.
 *   C4  Arguments are the host's and trusted; a Python exception ends here, as a failure record.
 */

/** The part of Pyodide's module that is used: addresses of objects and of bytes are numbers. */
export interface CApi {
  readonly HEAPU8: Uint8Array;
  readonly HEAPU32: Uint32Array;
  _malloc(size: number): number;
  _free(address: number): void;
  _Py_IncRef(object: number): void;
  _Py_DecRef(object: number): void;
  _PyImport_ImportModule(name: number): number;
  _PyObject_GetAttrString(object: number, name: number): number;
  _PyObject_Call(callable: number, args: number, keywords: number): number;
  _PyObject_Vectorcall(callable: number, args: number, count: number, keywords: number): number;
  _PyMarshal_ReadObjectFromString(data: number, length: number): number;
  _PyMarshal_WriteObjectToString(object: number, version: number): number;
  _PyErr_GetRaisedException(): number;
  _PyErr_Clear(): void;
  _PyBytes_FromStringAndSize(data: number, length: number): number;
  _PyBytes_AsString(object: number): number;
  _PyBytes_Size(object: number): number;
  _PyTuple_SetItem(tuple: number, i: number, object: number): number;
  _PyTuple_GetItem(tuple: number, i: number): number;
  _PyList_Size(list: number): number;
  _PyList_GetItem(list: number, i: number): number;
  _PyLong_FromUnsignedLong(value: number): number;
  _PyDict_SetItem(dict: number, key: number, object: number): number;
  _PyDict_GetItem(dict: number, key: number): number;
  _PyDict_DelItem(dict: number, key: number): number;
  _PyObject_IsTrue(object: number): number;
}

/** The arguments of one call: marshal, and the large parameters that stand beside it. */
export interface Arguments {
  readonly marshal: Uint8Array;
  readonly asides: readonly { readonly param: number; readonly bytes: Uint8Array }[];
}

/** Of marshal: without back references, so that a reader needs no table of them. */
const VERSION = 2;

const BYTES_CODE = 0x73;
/** The code of `marshal.ts` for a list of floats. */
const FLOATS_CODE = 0x44;
const ERR_AT = 6; // of a result's index, behind `(`, four bytes of length and `i`
/** `bytes` of this size are taken from their object without `marshal` between. */
const LARGE = 1 << 12;
/** Words into an object: its type; of a list its length and the address of its items; of a float its two halves (C3). */
const OBJECT_TYPE = 1;
const LIST_LENGTH = 2;
const LIST_ITEMS = 3;
const FLOAT_LOW = 2;
const FLOAT_HIGH = 3;
/** `[1.5]` as marshal. */
const FLOAT_IN_LIST = [0x5b, 1, 0, 0, 0, 0x67, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f];

/** The host has something to give, and Python has no room for it. */
export class NoMemory extends Error {}

export class Interpreter {
  readonly #api: CApi;
  readonly #record: number;
  readonly #unfit: number;
  readonly #arguments: number;
  readonly #results: number;
  readonly #bytesType: number;
  readonly #listType: number;
  readonly #floatType: number;
  readonly #scratch: number;
  #exports: readonly number[] = [];
  #buffer: number;
  #size = 1 << 16;
  #held = 0;

  /** The result of the latest call, until `release`: a failure record, or a value. */
  failed = false;
  #address = 0;
  #length = 0;
  /** The code to be written before the bytes, or before the floats of a list, that stand at the address. */
  #head: typeof BYTES_CODE | typeof FLOATS_CODE | 0 = 0;

  /** When the plugin's modules and `sennit_calls` have loaded. */
  constructor(api: CApi) {
    this.#api = api;
    this.#buffer = api._malloc(this.#size);
    this.#scratch = api._malloc(8);
    const calls = this.#imported("sennit_calls");
    const failure = this.#imported("sennit_failure");
    this.#record = this.#attribute(failure, "record");
    this.#unfit = this.#attribute(failure, "unfit");
    this.#arguments = this.#attribute(calls, "arguments");
    this.#results = this.#attribute(calls, "results");
    this.#exports = this.#items(this.#attribute(calls, "exports"));
    const bytes = api._PyBytes_FromStringAndSize(0, 1);
    this.#bytesType = this.#typeOf(bytes);
    api._Py_DecRef(bytes);
    [this.#listType, this.#floatType] = this.#listTypes();
  }

  /** The types of lists and of floats, when both look as thought (C3); else nothing that a type could be. */
  #listTypes(): [list: number, float: number] {
    const list = this.#read({ marshal: Uint8Array.from(FLOAT_IN_LIST), asides: [] });
    const word = (address: number, at: number): number => this.#api.HEAPU32[(address >>> 2) + at] ?? 0;
    const float = word(word(list, LIST_ITEMS), 0);
    const seen = [word(list, LIST_LENGTH), word(float, FLOAT_LOW), word(float, FLOAT_HIGH)];
    const types: [number, number] = [this.#typeOf(list), this.#typeOf(float)];
    this.#api._Py_DecRef(list);
    return seen.join() === [1, 0, 0x3ff8_0000].join() ? types : [-1, -1];
  }

  /** Looks the exports up, which are there once the instance is bound. */
  attach(): void {
    const exports = this.#attribute(this.#imported("sennit_calls"), "exports");
    this.#exports = this.#items(exports);
  }

  /**
   * Calls an export that does not wait.
   * @param floats Whether the result is a list of floats, which then need not be marshal.
   */
  call(number: number, given: Arguments, floats: boolean): void {
    const args = this.#read(given);
    const result = this.#api._PyObject_Call(this.#exports[number] ?? 0, args, 0);
    this.#api._Py_DecRef(args);
    this.#give(result, floats);
  }

  /** Leaves the arguments of a call that may wait where `sennit_calls.dispatch_waiting` finds them. */
  leave(call: number, given: Arguments): void {
    const args = this.#read(given);
    const key = this.#api._PyLong_FromUnsignedLong(call);
    const failed = this.#api._PyDict_SetItem(this.#arguments, key, args);
    this.#api._Py_DecRef(key);
    this.#api._Py_DecRef(args);
    if (failed !== 0) throw new NoMemory("there is no memory for the arguments of a call");
  }

  /** Takes the result that `dispatch_waiting` left. */
  fetch(call: number, floats: boolean): void {
    const api = this.#api;
    const key = api._PyLong_FromUnsignedLong(call);
    const pair = api._PyDict_GetItem(this.#results, key);
    if (pair === 0) throw new Error("a call has left no result");
    api._Py_IncRef(pair);
    api._PyDict_DelItem(this.#results, key);
    api._Py_DecRef(key);
    const [flag, result] = [api._PyTuple_GetItem(pair, 0), api._PyTuple_GetItem(pair, 1)];
    if (flag === 0 || result === 0) throw new Error("a call has left no result");
    const failed = api._PyObject_IsTrue(flag) === 1;
    api._Py_IncRef(result);
    api._Py_DecRef(pair);
    if (failed) this.#hold(result, true);
    else this.#give(result, floats);
  }

  /** Bytes of marshal that the latest result takes. */
  get size(): number {
    return this.#length + (this.#head === 0 ? 0 : 5);
  }

  /** Whether the latest result, of a function with a `result`, is `err`. */
  get isErr(): boolean {
    return this.#head === 0 && this.#length > ERR_AT && this.#api.HEAPU8[this.#address + ERR_AT] !== 0;
  }

  /** Copies the latest result. */
  copy(to: Uint8Array, at: number): void {
    let start = at;
    if (this.#head !== 0) {
      to[at] = this.#head;
      for (let i = 0; i < 4; i += 1) to[at + 1 + i] = this.#length >>> (8 * i);
      start = at + 5;
    }
    if (this.#head === FLOATS_CODE) to.set(this.#floats(), start);
    else to.set(this.#api.HEAPU8.subarray(this.#address, this.#address + this.#length), start);
  }

  /** The floats of the list that is held, half by half, so that no bit of a NaN is lost. */
  #floats(): Uint8Array {
    const words = this.#api.HEAPU32;
    const halves = new Uint32Array(this.#length >>> 2);
    const items = this.#address >>> 2;
    for (let i = 0; i < halves.length; i += 2) {
      const float = (words[items + (i >> 1)] ?? 0) >>> 2;
      halves[i] = words[float + FLOAT_LOW] ?? 0;
      halves[i + 1] = words[float + FLOAT_HIGH] ?? 0;
    }
    return new Uint8Array(halves.buffer);
  }

  /** Lets go of the latest result (C2). */
  release(): void {
    if (this.#held !== 0) this.#api._Py_DecRef(this.#held);
    this.#held = 0;
  }

  /** A new reference to the arguments as a tuple. */
  #read({ marshal, asides }: Arguments): number {
    const api = this.#api;
    if (marshal.length > this.#size) this.#reserve(marshal.length);
    api.HEAPU8.set(marshal, this.#buffer);
    const args = api._PyMarshal_ReadObjectFromString(this.#buffer, marshal.length);
    if (args === 0) throw new NoMemory("there is no memory for the arguments of a call");
    for (const { param, bytes } of asides) {
      const object = api._PyBytes_FromStringAndSize(0, bytes.length);
      if (object === 0) throw new NoMemory("there is no memory for the arguments of a call");
      api.HEAPU8.set(bytes, api._PyBytes_AsString(object));
      api._PyTuple_SetItem(args, param, object);
    }
    return args;
  }

  #reserve(size: number): void {
    this.#api._free(this.#buffer);
    this.#size = Math.max(size, 2 * this.#size);
    this.#buffer = this.#api._malloc(this.#size);
    if (this.#buffer === 0) throw new NoMemory("there is no memory for the arguments of a call");
  }

  /** Makes marshal of a result, whose reference it takes; 0 stands for an exception. */
  #give(result: number, floats: boolean): void {
    if (result === 0) return this.#fail(this.#record);
    const type = this.#typeOf(result);
    if (type === this.#bytesType && this.#api._PyBytes_Size(result) >= LARGE) {
      this.#hold(result, false);
      this.#head = BYTES_CODE;
      return;
    }
    if (floats && type === this.#listType && this.#holdFloats(result)) return;
    const bytes = this.#api._PyMarshal_WriteObjectToString(result, VERSION);
    if (bytes === 0) this.#fail(this.#unfit, result);
    else this.#hold(bytes, false);
    this.#api._Py_DecRef(result);
  }

  /** Takes the reference of a list, if it has floats and nothing else in it. */
  #holdFloats(list: number): boolean {
    const words = this.#api.HEAPU32;
    const length = words[(list >>> 2) + LIST_LENGTH] ?? 0;
    const items = (words[(list >>> 2) + LIST_ITEMS] ?? 0) >>> 2;
    for (let i = 0; i < length; i += 1) {
      if (words[((words[items + i] ?? 0) >>> 2) + OBJECT_TYPE] !== this.#floatType) return false;
    }
    if (length === 0) return false;
    this.release();
    this.#held = list;
    this.failed = false;
    this.#head = FLOATS_CODE;
    this.#address = 4 * items;
    this.#length = 8 * length;
    return true;
  }

  /** Makes the failure record of the exception that is raised (C4). */
  #fail(describe: number, value?: number): void {
    const api = this.#api;
    const exception = api._PyErr_GetRaisedException();
    if (exception === 0) throw new Error("a call failed without an exception");
    api.HEAPU32[this.#scratch >>> 2] = exception;
    if (value !== undefined) api.HEAPU32[(this.#scratch >>> 2) + 1] = value;
    const record = api._PyObject_Vectorcall(describe, this.#scratch, value === undefined ? 1 : 2, 0);
    api._Py_DecRef(exception);
    if (record === 0) {
      api._PyErr_Clear();
      throw new Error("a call failed in a way that Python cannot describe");
    }
    this.#hold(record, true);
  }

  #hold(bytes: number, failed: boolean): void {
    this.release();
    this.#held = bytes;
    this.failed = failed;
    this.#head = 0;
    this.#address = this.#api._PyBytes_AsString(bytes);
    if (this.#address === 0) throw new Error("a result that is no bytes"); // whatever the plugin has done
    this.#length = this.#api._PyBytes_Size(bytes);
  }

  #typeOf(object: number): number {
    return this.#api.HEAPU32[(object >>> 2) + OBJECT_TYPE] ?? 0;
  }

  #imported(name: string): number {
    return this.#named(name, (text) => this.#api._PyImport_ImportModule(text));
  }

  #attribute(object: number, name: string): number {
    return this.#named(name, (text) => this.#api._PyObject_GetAttrString(object, text));
  }

  /** References of our own to the items of a list. */
  #items(list: number): readonly number[] {
    return Array.from({ length: this.#api._PyList_Size(list) }, (_, i) => {
      const item = this.#api._PyList_GetItem(list, i);
      this.#api._Py_IncRef(item);
      return item;
    });
  }

  #named(name: string, find: (text: number) => number): number {
    const text = new TextEncoder().encode(`${name}\0`);
    const address = this.#api._malloc(text.length);
    this.#api.HEAPU8.set(text, address);
    const found = find(address);
    this.#api._free(address);
    if (found === 0) throw new Error(`Python has no ${name}`);
    return found;
  }
}
