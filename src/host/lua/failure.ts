/**
 * What a Lua error looks like from outside: a Fault with the guest's stack.
 *
 * Lua tells a stack as text, `file.lua:12: in function 'inner'` a line; there are no columns.
 */
import { Fault, type FaultDetails, type ForeignFrame } from "../../fault.ts";
import { NIL, NUMBER, type Pointer, STRING, TABLE, typeName } from "./api.ts";
import { outOfMemory } from "../package/limits.ts";
import type { LuaMachine } from "./machine.ts";

const MOST_FRAMES = 50;
const LONGEST_MESSAGE = 2000;

/** The stack of a thread that failed and was not reset yet. `entry` is the name of the function it was started with. */
export function framesOf(machine: LuaMachine, thread: Pointer, entry: string): readonly ForeignFrame[] {
  machine.api.luaL_traceback(machine.main, thread, 0, 0);
  const text = machine.describeText(machine.main);
  machine.pop(machine.main, 1);
  return parseTraceback(text, entry);
}

/**
 * The frames of `luaL_traceback`'s text, without those of C functions and of the prelude. Lua knows no name for the outermost function,
 * which is the entry unless that ended in a tail call.
 */
export function parseTraceback(text: string, entry: string): readonly ForeignFrame[] {
  const frames: ForeignFrame[] = [];
  for (const line of text.split("\n")) {
    const found = /^\t(.+?):(\d+): in (.*)$/.exec(line);
    if (found === null || found[1] === PRELUDE_NAME) continue;
    const [, file = "", number = "", what = ""] = found;
    frames.push({ function: functionName(what), file, line: Number(number) });
  }
  const last = frames.at(-1);
  const isEntry = last?.function.startsWith(UNNAMED) === true && !text.endsWith("(...tail calls...)");
  if (isEntry) frames[frames.length - 1] = { ...last, function: entry };
  return frames.slice(0, MOST_FRAMES);
}

const UNNAMED = "function at line ";

/** How Lua shows a chunk that was loaded as `=[sennit]`. */
const PRELUDE_NAME = "[sennit]";
export const PRELUDE_CHUNK: string = `=${PRELUDE_NAME}`;

/** `inner` of `upvalue 'inner'`, `main chunk`, `function at line 10` of `function <file.lua:10>`. */
function functionName(what: string): string {
  const named = /'([^']*)'$/.exec(what)?.[1];
  if (named !== undefined) return named;
  const line = /^function <.*:(\d+)>$/.exec(what)?.[1];
  return line === undefined ? what : UNNAMED + line;
}

/** `file.lua:7: message` taken apart, as the messages of errors and of the parser are. */
export function splitMessage(message: string): { file?: string; line?: number; text: string } {
  const found = /^([^\n:]+):(\d+): (.*)$/s.exec(message);
  if (found === null) return { text: message };
  const [, file = "", line = "", text = ""] = found;
  return { file, line: Number(line), text };
}

/** What the error value on top of the stack says of itself. No metamethod of the guest is asked. */
export function describeError(machine: LuaMachine, thread: Pointer): string {
  const type = machine.api.lua_type(thread, -1);
  if (type === STRING) return machine.describeText(thread).slice(0, LONGEST_MESSAGE);
  if (type === NUMBER) return String(machine.api.lua_tonumberx(thread, -1, 0));
  if (type === NIL) return "error(nil)";
  if (type !== TABLE) return `the error value is ${typeName(type)}`;
  const message = textField(machine, thread, "message");
  const code = textField(machine, thread, "code");
  if (message === undefined) return code ?? "the error value is a table without a message";
  return code === undefined ? message : `${code}: ${message}`;
}

/** A field of the table on top of the stack, when it is text. */
export function textField(machine: LuaMachine, thread: Pointer, name: string): string | undefined {
  machine.push(thread, machine.key(name));
  const isText = machine.api.lua_rawget(thread, -2) === STRING;
  const text = isText ? machine.describeText(thread).slice(0, LONGEST_MESSAGE) : undefined;
  machine.pop(thread, 1);
  return text;
}

/** What Lua says when there is none. */
export const NO_MEMORY = "not enough memory";

/** What a guest was doing when it failed. */
export interface Doing {
  /** The package. */
  readonly source: string;
  /** The function, or "its start". */
  readonly doing: string;
  /** Bytes that it may have. */
  readonly memory: number;
}

/** The fault of a guest's error that nobody caught, by what it says. */
export function trapped({ source, doing, memory }: Doing, message: string, details: FaultDetails = {}): Fault {
  const where = `${source} failed in ${doing}`;
  if (message === NO_MEMORY) return outOfMemory(source, where, memory, details);
  return new Fault("plugin-trapped", `${where}: ${message}`, { source, ...details });
}
