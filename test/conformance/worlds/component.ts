/**
 * A world as a component: a core module made of what the canonical ABI says (layout.ts), and jco's tools around it.
 *
 *   E1  An argument is never looked into: an echo stores the words it got where the result's layout wants them.
 *   E2  Memory is a stack of bumps; it is given back after each call, or grows, as the world chose.
 */
import { componentEmbed, componentNew } from "@bytecodealliance/jco-transpile/wasm-tools";
import { flat, layoutOf, MOST_FLAT_PARAMS, sequenceLayout } from "./layout.ts";
import { exportsOf, type GeneratedFunction, type GeneratedWorld, importsOf, type Placed } from "./model.ts";
import { storeAll } from "./store.ts";
import { witText } from "./text.ts";
import {
  branch,
  branchIf,
  BLOCK,
  call,
  type Code,
  type CoreType,
  END,
  get,
  globalGet,
  globalSet,
  I64_ADD,
  i32,
  IF,
  load,
  LOOP,
  MEMORY_COPY,
  MEMORY_GROW,
  MEMORY_SIZE,
  ModuleWriter,
  SELECT,
  seq,
  set,
  store,
  UNREACHABLE,
} from "./wasm.ts";

export async function componentOf(world: GeneratedWorld): Promise<Uint8Array> {
  const binary = coreOf(world);
  const embedded = await componentEmbed({
    binary,
    witSource: witText([world]),
    stringEncoding: world.core.encoding,
    features: { tag: "all" },
  });
  return componentNew(embedded);
}

export function coreOf(world: GeneratedWorld): Uint8Array {
  return new CoreWriter(world).bytes();
}

/** The numbers of tallies lie in a table of this many places at the bottom of memory. */
const TALLIES = 2000;
const TABLE = 1024;
const HEAP = TABLE + 8 * TALLIES;

interface Signature {
  readonly params: CoreType[];
  /** The parameters lie in memory. */
  readonly spilled: boolean;
  readonly results: CoreType[];
  /** The result lies in memory. */
  readonly returned: boolean;
}

function signatureOf({ params, result }: GeneratedFunction): Signature {
  const words = params.flatMap((param) => flat(param.type));
  const answer = result === null ? [] : flat(result.type);
  const spilled = words.length > MOST_FLAT_PARAMS;
  const returned = answer.length > 1;
  return { params: spilled ? ["i32"] : words, spilled, results: returned ? ["i32"] : answer, returned };
}

class CoreWriter {
  readonly #world: GeneratedWorld;
  readonly #module = new ModuleWriter();
  readonly #imports = new Map<string, number>();
  readonly #bump: number;
  readonly #next: number;
  readonly #live: number;
  #realloc = 0;

  constructor(world: GeneratedWorld) {
    this.#world = world;
    this.#bump = this.#module.global(HEAP);
    this.#next = this.#module.global(0);
    this.#live = this.#module.global(0);
    for (const placed of importsOf(world)) this.#import(placed);
    for (const { id, resource, exported, imported } of world.interfaces) {
      if (resource === null) continue;
      if (imported) this.#builtIn(id, `[resource-drop]${resource.label}`, []);
      if (!exported) continue;
      this.#builtIn(`[export]${id}`, `[resource-new]${resource.label}`, ["i32"]);
      this.#builtIn(`[export]${id}`, `[resource-rep]${resource.label}`, ["i32"]);
      this.#builtIn(`[export]${id}`, `[resource-drop]${resource.label}`, []);
    }
    this.#defineRealloc();
    for (const placed of exportsOf(world)) this.#export(placed);
    for (const { id, resource, exported } of world.interfaces) {
      if (resource !== null && exported) this.#defineDestructor(`${id}#[dtor]${resource.label}`);
    }
  }

  bytes(): Uint8Array {
    return this.#module.bytes();
  }

  #import({ key, interface: iface, fn }: Placed): void {
    const { params, results, returned } = signatureOf(fn);
    const index = this.#module.import(
      iface?.id ?? "$root",
      fn.name,
      returned ? [...params, "i32"] : params,
      returned ? [] : results,
    );
    this.#imports.set(key, index);
  }

  #builtIn(module: string, name: string, results: readonly CoreType[]): void {
    this.#imports.set(`${module}#${name}`, this.#module.import(module, name, ["i32"], results));
  }

  #imported(key: string): number {
    const index = this.#imports.get(key);
    if (index === undefined) throw new Error(`the core imports no ${key}`);
    return index;
  }

  /** realloc(old, old size, align, new size) */
  #defineRealloc(): void {
    const pointer = 4;
    const body = seq(
      seq(get(2), get(2), i32.const(1), i32.sub, i32.and, IF, UNREACHABLE, END),
      seq(globalGet(this.#bump), get(2), i32.add, i32.const(1), i32.sub),
      seq(i32.const(0), get(2), i32.sub, i32.and, set(pointer)),
      seq(get(pointer), get(3), i32.add, globalSet(this.#bump)),
      // Grows by what is missing, in pages.
      seq(globalGet(this.#bump), MEMORY_SIZE, i32.const(16), i32.shl, i32.gtU, IF),
      seq(globalGet(this.#bump), MEMORY_SIZE, i32.const(16), i32.shl, i32.sub),
      seq(i32.const(65_535), i32.add, i32.const(16), i32.shrU, MEMORY_GROW),
      seq(i32.const(-1), i32.eq, IF, UNREACHABLE, END, END),
      seq(get(pointer), get(0), get(1), get(3), get(1), get(3), i32.ltU, SELECT, MEMORY_COPY),
      get(pointer),
    );
    this.#realloc = this.#module.define(["i32", "i32", "i32", "i32"], ["i32"], ["i32"], body, "cabi_realloc");
  }

  #defineDestructor(name: string): void {
    const body = seq(globalGet(this.#live), i32.const(1), i32.sub, globalSet(this.#live));
    this.#module.define(["i32"], [], [], body, name);
  }

  #export(placed: Placed): void {
    const { key, fn } = placed;
    const { params, results } = signatureOf(fn);
    const scratch = params.length;
    // Five words to work with: addresses and counters.
    this.#module.define(params, results, ["i32", "i32", "i32", "i32", "i64"], this.#body(placed, scratch), key);
    if (!this.#world.core.postReturn) return;
    const reset = seq(i32.const(HEAP), globalSet(this.#bump));
    this.#module.define(results, [], [], reset, `cabi_post_${key}`);
  }

  #body(placed: Placed, scratch: number): Code {
    const { fn } = placed;
    switch (fn.does.kind) {
      case "echo":
        return this.#echo(fn, scratch);
      case "via":
        return this.#via(
          fn,
          scratch,
          fn.does.interface === null ? fn.does.name : `${fn.does.interface}#${fn.does.name}`,
        );
      case "tally":
        return this.#tally(placed, scratch);
      case "thing":
        return this.#thing(placed, scratch);
    }
  }

  /** Gives the parameters from the one at `first` on. */
  #echo({ params, result, ...rest }: GeneratedFunction, scratch: number, first: number = 0): Code {
    const types = params.map((param) => param.type);
    const { spilled, returned } = signatureOf({ params, result, ...rest });
    if (result === null) return [];
    const { offsets } = sequenceLayout(types);
    // What does not fit into the words outside memory is no single word itself.
    if (spilled) return seq(get(0), i32.const(offsets[first] ?? 0), i32.add);
    const before = types.slice(0, first).flatMap(flat).length;
    if (!returned) return flat(result.type).length === 0 ? [] : get(before);
    const words = types.slice(first).flatMap(flat);
    const operands = words.map((type, at) => ({ code: get(before + at), type }));
    return seq(
      this.#allocate(layoutOf(result.type)),
      set(scratch),
      storeAll(types.slice(first), operands, scratch),
      get(scratch),
    );
  }

  #allocate({ size, align }: { readonly size: number; readonly align: number }): Code {
    return seq(i32.const(0), i32.const(0), i32.const(align), i32.const(size), call(this.#realloc));
  }

  /** The import has the same types, so its words are ours; only its result's place is to be given. */
  #via(fn: GeneratedFunction, scratch: number, key: string): Code {
    const { params, returned } = signatureOf(fn);
    const words = params.flatMap((_, at) => get(at));
    if (!returned || fn.result === null) return seq(words, call(this.#imported(key)));
    return seq(
      this.#allocate(layoutOf(fn.result.type)),
      set(scratch),
      seq(words, get(scratch), call(this.#imported(key)), get(scratch)),
    );
  }

  #tally(placed: Placed, scratch: number): Code {
    const { fn } = placed;
    if (fn.does.kind !== "tally") return [];
    switch (fn.does.act) {
      case "new":
      case "make":
        return this.#newTally(placed, get(0), scratch);
      case "get":
      case "peek":
        return this.#number(get(0));
      case "self-echo":
        return this.#echo(fn, scratch, 1);
      case "merge": {
        const sum = seq(this.#numberOfOwn(placed, get(0)), this.#numberOfOwn(placed, get(1)), I64_ADD);
        const word = scratch + 4;
        return seq(
          sum,
          set(word),
          this.#dropTally(placed, get(0)),
          this.#dropTally(placed, get(1)),
          this.#newTally(placed, get(word), scratch),
        );
      }
      case "many":
        return this.#many(placed, scratch);
      case "drain":
        return this.#drain(placed, scratch);
      case "pass":
        return this.#echo(fn, scratch);
      case "live":
        return globalGet(this.#live);
    }
  }

  /** A handle of a new tally with the i64 that `start` pushes. */
  #newTally(placed: Placed, start: Code, scratch: number): Code {
    const rep = scratch;
    return seq(
      seq(globalGet(this.#next), i32.const(8), i32.mul, i32.const(TABLE), i32.add, set(rep)),
      seq(globalGet(this.#next), i32.const(1), i32.add, set(scratch + 1)),
      // Round and round: nobody keeps so many.
      seq(get(scratch + 1), i32.const(0), get(scratch + 1), i32.const(TALLIES), i32.ltU, SELECT),
      globalSet(this.#next),
      seq(globalGet(this.#live), i32.const(1), i32.add, globalSet(this.#live)),
      seq(get(rep), start, store.i64(0)),
      seq(get(rep), call(this.#member(placed, "[resource-new]"))),
    );
  }

  #member({ interface: iface }: Placed, builtIn: string): number {
    return this.#imported(`[export]${iface?.id}#${builtIn}${iface?.resource?.label}`);
  }

  /** The number behind a rep. */
  #number(rep: Code): Code {
    return seq(rep, load.i64(0));
  }

  #numberOfOwn(placed: Placed, handle: Code): Code {
    return this.#number(seq(handle, call(this.#member(placed, "[resource-rep]"))));
  }

  #dropTally(placed: Placed, handle: Code): Code {
    return seq(handle, call(this.#member(placed, "[resource-drop]")));
  }

  /** (list<u64>) -> list<own> */
  #many(placed: Placed, scratch: number): Code {
    const [list, at] = [scratch + 2, scratch + 3];
    const start = seq(get(0), get(at), i32.const(8), i32.mul, i32.add, load.i64(0));
    const length = get(1);
    return seq(
      seq(i32.const(0), i32.const(0), i32.const(4), length, i32.const(4), i32.mul),
      seq(call(this.#realloc), set(list), i32.const(0), set(at)),
      counted(
        at,
        length,
        seq(
          seq(get(list), get(at), i32.const(4), i32.mul, i32.add),
          seq(this.#newTally(placed, start, scratch), store.i32(0)),
        ),
      ),
      seq(this.#allocate({ size: 8, align: 4 }), set(scratch)),
      seq(get(scratch), get(list), store.i32(0), get(scratch), length, store.i32(4), get(scratch)),
    );
  }

  /** (list<own>) -> u64 */
  #drain(placed: Placed, scratch: number): Code {
    const at = scratch + 3;
    const sum = scratch + 4;
    const handle = seq(get(0), get(at), i32.const(4), i32.mul, i32.add, load.i32(0));
    return seq(
      seq(i32.const(0), set(at)),
      counted(
        at,
        get(1),
        seq(seq(get(sum), this.#numberOfOwn(placed, handle), I64_ADD, set(sum)), this.#dropTally(placed, handle)),
      ),
      get(sum),
    );
  }

  #thing({ interface: iface, fn }: Placed, scratch: number): Code {
    const given = this.#world.interfaces.find(
      (each) => each.resource !== null && each.resource.resource === handleOf(fn),
    );
    if (given === undefined || iface === null || fn.does.kind !== "thing") throw new Error(`${fn.name} knows no thing`);
    const member = (act: string): number => {
      const found = given.functions.find(
        ({ does, resource }) => resource !== null && does.kind === "thing" && does.act === act,
      );
      return this.#imported(`${given.id}#${found?.name}`);
    };
    const drop = this.#imported(`${given.id}#[resource-drop]${given.resource?.label}`);
    switch (fn.does.act) {
      case "make":
        return seq(get(0), call(member("make")));
      case "look":
        // A borrowed handle ends with the call that brought it.
        return seq(get(0), call(member("look")), set(scratch + 4), get(0), call(drop), get(scratch + 4));
      case "merge":
        return seq(get(0), get(1), call(member("merge")));
      case "pass":
        return get(0);
      case "swallow":
        return seq(get(0), call(drop));
    }
  }
}

/** The resource that the first handle among a function's types is of. */
function handleOf({ params, result }: GeneratedFunction): unknown {
  const types = [...params, ...(result === null ? [] : [result])].map(({ type }) => type);
  for (const type of types) if (type.kind === "own" || type.kind === "borrow") return type.resource;
  return undefined;
}

/** Runs `body` while the counter is below the limit. */
function counted(counter: number, limit: Code, body: Code): Code {
  return seq(
    seq(BLOCK, LOOP, get(counter), limit, i32.geU, branchIf(1)),
    body,
    seq(get(counter), i32.const(1), i32.add, set(counter), branch(0), END, END),
  );
}
