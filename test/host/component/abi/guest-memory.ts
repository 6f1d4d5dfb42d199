/**
 * A guest without wasm code: a real memory, an allocator in JavaScript, and core functions written by each test.
 */
import type { CanonOptions, CoreFunction, CoreValue, StringEncoding } from "../../../../src/host/component/abi/abi.ts";
import { flattenFunction, type FlatType } from "../../../../src/host/component/abi/flat.ts";
import { AbiGuest } from "../../../../src/host/component/abi/guest.ts";
import { compileExport } from "../../../../src/host/component/abi/lift.ts";
import { compileImport } from "../../../../src/host/component/abi/lower.ts";
import type { LiftLimits } from "../../../../src/wit/budget.ts";
import type { Resource, WitFunction, WitType } from "../../../../src/wit/types.ts";
import type { Value } from "../../../../src/wit/value.ts";
import { fieldsLayout } from "../../../../src/host/component/abi/layout.ts";

const PAGE = 65_536;

export interface FakeOptions {
  readonly encoding?: StringEncoding;
  readonly pages?: number;
  readonly limits?: LiftLimits;
  /** Grow the memory at every allocation, so that all views are lost each time. */
  readonly growing?: boolean;
}

export class FakeGuest {
  readonly memory: WebAssembly.Memory;
  readonly abi: AbiGuest;
  readonly options: CanonOptions;
  /** Every call of `realloc`: old pointer, old size, alignment, size. */
  readonly reallocs: number[][] = [];
  readonly postReturns: (number | bigint | undefined)[] = [];
  #next = 16;
  readonly #growing: boolean;

  constructor({ encoding = "utf8", pages = 4, limits, growing = false }: FakeOptions = {}) {
    this.memory = new WebAssembly.Memory({ initial: pages });
    this.abi = new AbiGuest(7, limits);
    this.#growing = growing;
    this.options = { encoding, memory: this.memory, realloc: this.realloc, postReturn: null };
  }

  get u8(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.memory.buffer);
  }

  get u32(): Uint32Array<ArrayBuffer> {
    return new Uint32Array(this.memory.buffer);
  }

  readonly realloc: CoreFunction = (old, oldSize, align, size) => {
    this.reallocs.push([Number(old), Number(oldSize), Number(align), Number(size)]);
    const at = Math.ceil(this.#next / Number(align)) * Number(align);
    this.#next = at + Number(size);
    if (this.#growing) this.memory.grow(1);
    const missing = this.#next - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE));
    this.u8.copyWithin(at, Number(old), Number(old) + Number(oldSize));
    return at;
  };

  /** Everything allocated so far is free again. */
  rewind(): void {
    this.#next = 16;
  }

  alloc(size: number, align: number): number {
    return this.realloc(0, 0, align, size) as number;
  }

  withPostReturn(): CanonOptions {
    return {
      ...this.options,
      postReturn: (raw) => {
        this.postReturns.push(raw);
        return undefined;
      },
    };
  }
}

export function functionOf(params: readonly WitType[], result: WitType | null): WitFunction {
  return {
    name: "relay",
    shape: "function",
    resource: null,
    params: params.map((type, at) => ({ name: `p${at}`, type })),
    result,
    async: false,
  };
}

/**
 * An export that passes what it gets to an import of the same type and answers its answer: a value goes down, up, down
 * and up again. `host` sees it in the middle.
 */
export function relay(
  guest: FakeGuest,
  type: WitType,
  host: (value: Value) => Value = (value) => value,
): (value: Value) => Value {
  const fn = functionOf([type], type);
  const imported = compileImport(fn).bind(guest.abi, ([value]) => host(value as Value), guest.options);
  const { size, align } = fieldsLayout([type]);
  const { params, results } = flattenFunction(fn);
  const core: CoreFunction = (...given) => {
    const flats = given.map((flat, at) => asWasm(params?.[at] ?? "i32", flat));
    if (results !== null) return asWasm(results[0] ?? "i32", imported(...flats) as CoreValue);
    const at = guest.alloc(size, align);
    imported(...flats, at);
    return at | 0;
  };
  const call = compileExport(fn).bind(guest.abi, core, guest.options);
  return (value) => call([value]);
}

/** A core value as it comes out of wasm: integers are signed. */
function asWasm(type: FlatType, flat: CoreValue): CoreValue {
  switch (type) {
    case "i32":
      return (flat as number) | 0;
    case "i64":
      return BigInt.asIntN(64, flat as bigint);
    case "f32":
      return Math.fround(flat as number);
    case "f64":
      return flat as number;
  }
}

export const resourceNamed = (name: string): Resource => ({
  kind: "resource",
  name: { interface: "acme:things/things", name },
});
