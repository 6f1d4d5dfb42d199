/**
 * Function bodies with their cost charged.
 *
 *   C1  Each basic block is charged as it is entered, by the weights of instruction.ts. Structure is free. Locals are
 *       charged as the function is entered.
 *   C2  Bulk operations are charged by their length, and the counter is looked at, before they run. A new array of more than
 *       `MOST_ELEMENTS` traps, and objects cost enough that `tick` is asked before 16 MiB of them are made: a thread whose heap
 *       is full can be ended there, but ends its process when it needs that much more first.
 *   C3  The counter is looked at where a loop starts, where a function starts that calls others or is long, after a bulk
 *       charge, and as often as no more than `FAR` units lie between two looks. So no execution that is endless, or long,
 *       avoids it: not one that only comes back from a deep recursion, either.
 *   C4  When the counter is below zero, `tick` is asked; when it answers other than 0, the guest traps. A trap, unlike
 *       an exception, cannot be caught.
 *   C5  A function with a loop keeps the counter in a local, and the global is right whenever other code may look at
 *       it. One that catches exceptions does not: what its callees spent would be forgotten on the way out.
 */
import { copyInstruction, type Own } from "./expression.ts";
import { type Effect, lengthShift, readOperands, weightOf } from "./instruction.ts";
import { ModuleReader } from "./module-reader.ts";
import { ModuleWriter } from "./module-writer.ts";
import type { FunctionShape } from "./shape.ts";

/** Of one array: at most 8 MiB. */
const MOST_ELEMENTS: number = 2 ** 19;
/** Units between two looks at the counter, at most. */
const FAR = 1000;
/** Units of a function that need no look: where it is called, as many are taken for granted. */
const NEAR = 50;
/** More for a call that leaves the module: most go to the host. */
const ABROAD = 10;

export class BodyMeter {
  readonly #own: Own;
  /** The basic block that is being read; its charge comes in front when all of it is known. */
  readonly #block: ModuleWriter = new ModuleWriter();
  readonly #body: ModuleWriter = new ModuleWriter(4096);
  #scratch = 0;
  /** The local that keeps the counter; null when the global itself is used (C5). */
  #kept: number | null = null;
  #cost = 0;
  #calls = 0;
  #looks = false;
  /** Units since the last look. */
  #since = 0;

  constructor(own: Own) {
    this.#own = own;
  }

  /** Rewrites the body whose size `reader` stands at. */
  rewrite(reader: ModuleReader, shape: FunctionShape, into: ModuleWriter): void {
    const size = reader.u32();
    const body = new ModuleReader(reader.bytes, reader.at, reader.at + size);
    reader.skip(size);
    this.#body.clear();
    this.#start(body, shape);
    while (!body.done) this.#instruction(body);
    this.#closeBlock(false);
    into.u32(this.#body.length);
    into.append(this.#body);
  }

  #start(body: ModuleReader, shape: FunctionShape): void {
    const groups = body.u32();
    const start = body.at;
    const declared = skipLocals(body, groups);
    const locals = shape.params + declared;
    const traits = traitsOf(body);
    const keeps = traits.loops && !traits.catches && shape.block !== null;
    this.#body.u32(groups + 2);
    this.#body.copy(body.bytes, start, body.at);
    for (const byte of [1, 0x7f, 1, 0x7e]) this.#body.u8(byte); // an i32, an i64
    this.#scratch = locals;
    this.#kept = keeps ? locals + 1 : null;
    this.#cost = Math.floor(declared / 4);
    this.#calls = 0;
    this.#since = 0;
    this.#looks = traits.calls || traits.cost + this.#cost > NEAR;
    if (keeps) this.#enter(shape.block ?? new Uint8Array());
  }

  /** All of the body in a block, so that a branch out of the function still comes by where the counter is put back. */
  #enter(type: Uint8Array): void {
    this.#load(this.#body);
    this.#body.u8(0x02); // block
    this.#body.copy(type, 0, type.length);
  }

  #instruction(body: ModuleReader): void {
    const start = body.at;
    const last = start === body.end - 1;
    if (last && this.#kept !== null) return this.#finish(body);
    const effect = copyInstruction(body, this.#block, this.#own, this.#before);
    switch (effect) {
      case "call":
        this.#calls++;
        if (this.#kept !== null) this.#load(this.#block);
        break;
      case "loop":
        return this.#closeBlock(true);
      case "arm":
      case "ends":
      case "branches":
      case "leaves":
      case "throws":
        return this.#closeBlock(false);
      default:
    }
    if (this.#length >= FAR) this.#closeBlock(false); // C3
  }

  /** The block's units, and those of what it calls unseen. */
  get #length(): number {
    return this.#cost + NEAR * this.#calls;
  }

  readonly #before = (effect: Effect, abroad: boolean): void => {
    this.#cost += weightOf(effect) + (abroad ? ABROAD : 0);
    const shift = lengthShift(effect);
    if (shift !== null) this.#chargeBulk(shift);
    if (effect === "makes") this.#refuseLarge(this.#block);
    if (this.#kept !== null && (effect === "call" || effect === "leaves" || effect === "throws"))
      this.#store(this.#block);
  };

  /** The last `end`: of the block around the body, and then of the function. */
  #finish(body: ModuleReader): void {
    body.skip(1);
    this.#block.u8(0x0b);
    this.#store(this.#block);
    this.#block.u8(0x0b);
  }

  /** Writes the block with its charge in front; the next one begins. */
  #closeBlock(looksNext: boolean): void {
    const looks = this.#looks || this.#since + this.#length > FAR;
    if (this.#cost > 0) this.#charge();
    if (looks) this.#check(this.#body);
    this.#since = this.#length + (looks ? 0 : this.#since);
    this.#body.append(this.#block);
    this.#block.clear();
    this.#cost = 0;
    this.#calls = 0;
    this.#looks = looksNext;
  }

  #charge(): void {
    this.#get(this.#body);
    this.#body.u8(0x42); // i64.const
    this.#body.constant(this.#cost);
    this.#subtract(this.#body);
  }

  /** The length is on top of the stack, and stays there (C2). */
  #chargeBulk({ left, by }: { readonly left: boolean; readonly by: number }): void {
    const into = this.#block;
    into.u8(0x22); // local.tee
    into.u32(this.#scratch);
    this.#get(into);
    into.u8(0x20); // local.get
    into.u32(this.#scratch);
    into.u8(0xad); // i64.extend_i32_u
    into.u8(0x42); // i64.const
    into.u8(by);
    into.u8(left ? 0x86 : 0x88); // i64.shl, i64.shr_u
    this.#subtract(into);
    this.#check(into);
  }

  /** The length is in the scratch local: of what was charged just before. */
  #refuseLarge(into: ModuleWriter): void {
    into.u8(0x20); // local.get
    into.u32(this.#scratch);
    into.u8(0x41); // i32.const
    into.constant(MOST_ELEMENTS);
    for (const byte of [0x4b, 0x04, 0x40, 0x00, 0x0b]) into.u8(byte); // i32.gt_u, if, unreachable, end
  }

  #get(into: ModuleWriter): void {
    into.u8(this.#kept === null ? 0x23 : 0x20); // global.get, local.get
    into.u32(this.#kept ?? this.#own.counter);
  }

  #subtract(into: ModuleWriter): void {
    into.u8(0x7d); // i64.sub
    into.u8(this.#kept === null ? 0x24 : 0x21); // global.set, local.set
    into.u32(this.#kept ?? this.#own.counter);
  }

  /** counter < 0 ? (tick() ? unreachable) */
  #check(into: ModuleWriter): void {
    this.#get(into);
    for (const byte of [0x42, 0, 0x53, 0x04, 0x40]) into.u8(byte); // i64.const 0, i64.lt_s, if
    if (this.#kept !== null) this.#store(into);
    into.u8(0x10); // call
    into.u32(this.#own.tick);
    for (const byte of [0x04, 0x40, 0x00, 0x0b]) into.u8(byte); // if, unreachable, end
    if (this.#kept !== null) this.#load(into);
    into.u8(0x0b); // end
  }

  /** local = global */
  #load(into: ModuleWriter): void {
    into.u8(0x23);
    into.u32(this.#own.counter);
    into.u8(0x21);
    into.u32(this.#kept ?? 0);
  }

  /** global = local */
  #store(into: ModuleWriter): void {
    into.u8(0x20);
    into.u32(this.#kept ?? 0);
    into.u8(0x24);
    into.u32(this.#own.counter);
  }
}

function skipLocals(body: ModuleReader, groups: number): number {
  let count = 0;
  for (let left = groups; left > 0; left--) {
    count += body.u32();
    body.skipValueType();
  }
  return count;
}

interface Traits {
  loops: boolean;
  calls: boolean;
  catches: boolean;
  cost: number;
}

/** Reads on to the end, with a cursor of its own. */
function traitsOf(body: ModuleReader): Traits {
  const reader = new ModuleReader(body.bytes, body.at, body.end);
  const traits = { loops: false, calls: false, catches: false, cost: 0 };
  while (!reader.done) {
    const opcode = reader.u8();
    const effect = readOperands(reader, opcode);
    traits.cost += weightOf(effect);
    if (effect === "loop") traits.loops = true;
    if (effect === "call" || isTailCall(opcode)) traits.calls = true;
    if (opcode === 0x06 || opcode === 0x1f) traits.catches = true;
  }
  return traits;
}

function isTailCall(opcode: number): boolean {
  return opcode === 0x12 || opcode === 0x13 || opcode === 0x15;
}
