/** Codecs of records, variants, results, options and flags. */
import type { Case, Field, WitType } from "../../wit/types.ts";
import { CaseValue, ERR, isNullable, OK, Some, type Value } from "../../wit/value.ts";
import { BOOLEAN, NIL, type Pointer, TABLE } from "./api.ts";
import type { Codec, CodecContext, CodecOf } from "./codec.ts";
import type { LuaMachine } from "./machine.ts";
import { Misfit, within } from "./misfit.ts";
import { luaName } from "./names.ts";
import { caseNames, listed, mismatch, quoted, shortText } from "./scalars.ts";
import { deepest } from "./sequences.ts";

interface Slot {
  readonly key: number;
  readonly name: string;
  readonly codec: Codec;
}

/** Sets a field of the table on top of the stack. */
function setField(machine: LuaMachine, thread: Pointer, key: number, push: () => void): void {
  push();
  machine.shim.setField(thread, key);
}

/** Pushes a field of the table on top of the stack and answers its type. */
function getField(machine: LuaMachine, thread: Pointer, key: number): number {
  return machine.shim.field(thread, key);
}

/** Reads a field of the table on top of the stack. */
function readField(machine: LuaMachine, thread: Pointer, { key, name, codec }: Slot): Value {
  try {
    getField(machine, thread, key);
    const value = codec.read(thread);
    machine.pop(thread, 1);
    return value;
  } catch (error) {
    throw within(error, `.${name}`);
  }
}

export function recordCodec({ machine }: CodecContext, fields: readonly Field[], of: CodecOf): Codec {
  const { api } = machine;
  const slots = fields.map(({ name, type }): Slot => {
    return { key: machine.key(luaName(name)), name: luaName(name), codec: of(type, "plain") };
  });
  return {
    slots: 4 + deepest(slots.map((slot) => slot.codec)),
    push: (thread, value) => {
      const values = value as readonly Value[];
      api.lua_createtable(thread, 0, slots.length);
      for (let index = 0; index < slots.length; index++) {
        const { key, codec } = slots[index] as Slot;
        codec.push(thread, values[index] as Value);
        machine.shim.setField(thread, key);
      }
    },
    read: (thread) => {
      if (api.lua_type(thread, -1) !== TABLE) throw mismatch(machine, thread, "a record");
      const values: Value[] = [];
      let index = 0;
      try {
        for (; index < slots.length; index++) {
          const { key, codec } = slots[index] as Slot;
          getField(machine, thread, key);
          values.push(codec.read(thread));
          machine.pop(thread, 1);
        }
      } catch (error) {
        throw within(error, `.${slots[index]?.name ?? ""}`);
      }
      return values;
    },
  };
}

export function variantCodec({ machine }: CodecContext, cases: readonly Case[], of: CodecOf): Codec {
  const { api } = machine;
  const tags = caseNames(
    machine,
    cases.map((each) => each.name),
  );
  const payloads = cases.map((each) => (each.type === null ? null : of(each.type, "plain")));
  const tagKey = machine.key("tag");
  const valueKey = machine.key("value");
  return {
    slots: 4 + deepest(payloads),
    push: (thread, value) => {
      const { index, payload } = value as CaseValue;
      const codec = payloads[index];
      api.lua_createtable(thread, 0, 2);
      setField(machine, thread, tagKey, () => machine.push(thread, tags.keys[index] as number));
      if (codec) setField(machine, thread, valueKey, () => codec.push(thread, payload));
    },
    read: (thread) => {
      if (api.lua_type(thread, -1) !== TABLE) throw mismatch(machine, thread, "a table with the field tag");
      const tag: Codec = { slots: 1, push: () => {}, read: () => tags.read(thread, "case") };
      const index = readField(machine, thread, { key: tagKey, name: "tag", codec: tag }) as number;
      const codec = payloads[index];
      if (!codec) return new CaseValue(index, noPayload(machine, thread, valueKey));
      return new CaseValue(index, readField(machine, thread, { key: valueKey, name: "value", codec }));
    },
  };
}

function noPayload(machine: LuaMachine, thread: Pointer, key: number): null {
  const type = getField(machine, thread, key);
  machine.pop(thread, 1);
  if (type !== NIL) throw new Misfit("type-mismatch", "this case has no value");
  return null;
}

export function resultCodec({ machine }: CodecContext, type: Extract<WitType, { kind: "result" }>, of: CodecOf): Codec {
  const { api } = machine;
  const arms = [
    { key: machine.key("ok"), name: "ok", codec: armCodec(machine, type.ok, of) },
    { key: machine.key("err"), name: "err", codec: armCodec(machine, type.err, of) },
  ];
  return {
    slots: 4 + deepest(arms.map((arm) => arm.codec)),
    push: (thread, value) => {
      const { index, payload } = value as CaseValue;
      const { key, codec } = arms[index] as Slot;
      api.lua_createtable(thread, 0, 1);
      setField(machine, thread, key, () => codec.push(thread, payload));
    },
    read: (thread) => {
      if (api.lua_type(thread, -1) !== TABLE) throw mismatch(machine, thread, "a table with the field ok or err");
      const present = arms.map(({ key }) => {
        const found = getField(machine, thread, key);
        machine.pop(thread, 1);
        return found !== NIL;
      });
      if (present[OK] === present[ERR])
        throw new Misfit("type-mismatch", "a result has either the field ok or the field err");
      const index = present[OK] === true ? OK : ERR;
      return new CaseValue(index, readField(machine, thread, arms[index] as Slot));
    },
  };
}

/** An arm without payload is `true`. */
function armCodec(machine: LuaMachine, type: WitType | null, of: CodecOf): Codec {
  if (type !== null) return of(type, "boxed");
  const { api } = machine;
  return {
    slots: 1,
    push: (thread) => api.lua_pushboolean(thread, 1),
    read: (thread) => {
      const isTrue = api.lua_type(thread, -1) === BOOLEAN && api.lua_toboolean(thread, -1) !== 0;
      if (!isTrue) throw mismatch(machine, thread, "true, which stands for no value");
      return null;
    },
  };
}

/** An option where nil can stand. */
export function plainOptionCodec({ machine }: CodecContext, some: WitType, of: CodecOf): Codec {
  const { api } = machine;
  const nullable = isNullable(some);
  const content = of(some, nullable ? "boxed" : "plain");
  return {
    slots: content.slots,
    push: (thread, value) => {
      if (value === null) api.lua_pushnil(thread);
      else content.push(thread, value instanceof Some ? value.value : value);
    },
    read: (thread) => {
      if (api.lua_type(thread, -1) === NIL) return null;
      const value = content.read(thread);
      return nullable ? new Some(value) : value;
    },
  };
}

/** An option where nil cannot stand: `{}` or `{ some = value }`. */
export function boxedOptionCodec({ machine }: CodecContext, some: WitType, of: CodecOf): Codec {
  const { api } = machine;
  const nullable = isNullable(some);
  const slot: Slot = { key: machine.key("some"), name: "some", codec: of(some, "boxed") };
  return {
    slots: 4 + slot.codec.slots,
    push: (thread, value) => {
      api.lua_createtable(thread, 0, value === null ? 0 : 1);
      if (value === null) return;
      setField(machine, thread, slot.key, () => slot.codec.push(thread, value instanceof Some ? value.value : value));
    },
    read: (thread) => {
      if (api.lua_type(thread, -1) !== TABLE) throw mismatch(machine, thread, "an option: { some = value } or {}");
      const isNone = getField(machine, thread, slot.key) === NIL;
      machine.pop(thread, 1);
      if (isNone) return noneOf(machine, thread);
      const value = readField(machine, thread, slot);
      return nullable ? new Some(value) : value;
    },
  };
}

/** None is the empty table: a record where an option belongs must not pass for none. */
function noneOf(machine: LuaMachine, thread: Pointer): null {
  machine.api.lua_pushnil(thread);
  if (machine.api.lua_next(thread, -2) === 0) return null;
  machine.pop(thread, 2);
  throw new Misfit("type-mismatch", "a table with other fields is not an option: { some = value } or {}");
}

export function flagsCodec({ machine }: CodecContext, labels: readonly string[]): Codec {
  const { api } = machine;
  const names = labels.map(luaName);
  const keys = names.map((name) => machine.key(name));
  const bits = new Map(names.map((name, index) => [name, 2 ** index]));
  return {
    slots: 4,
    push: (thread, value) => {
      api.lua_createtable(thread, 0, keys.length);
      keys.forEach((key, index) => {
        if (Math.floor((value as number) / 2 ** index) % 2 === 0) return;
        setField(machine, thread, key, () => api.lua_pushboolean(thread, 1));
      });
    },
    read: (thread) => {
      if (api.lua_type(thread, -1) !== TABLE) throw mismatch(machine, thread, "a table of flags");
      let set = 0;
      api.lua_pushnil(thread);
      while (api.lua_next(thread, -2) !== 0) {
        const isSet = flagSet(machine, thread);
        machine.pop(thread, 1);
        const bit = flagBit(machine, thread, names, bits);
        if (isSet) set += bit;
      }
      return set;
    },
  };
}

function flagSet(machine: LuaMachine, thread: Pointer): boolean {
  if (machine.api.lua_type(thread, -1) !== BOOLEAN) throw mismatch(machine, thread, "true or false, as a flag is");
  return machine.api.lua_toboolean(thread, -1) !== 0;
}

/** Longer strings need not be looked at to know that they are none. */
const LONGEST_LABEL = 1000;

function flagBit(
  machine: LuaMachine,
  thread: Pointer,
  names: readonly string[],
  bits: ReadonlyMap<string, number>,
): number {
  const at = machine.string(thread);
  if (at === 0) throw mismatch(machine, thread, "the name of a flag");
  const bit = bits.get(shortText(machine, at, LONGEST_LABEL) ?? "");
  if (bit === undefined) throw new Misfit("type-mismatch", `${quoted(machine, thread)} is no flag: ${listed(names)}`);
  return bit;
}
