/**
 * What a process would have: arguments, environment, terminal, an end, and randomness.
 */
import { type CaseValue, integer, OK, type Value } from "../../../wit/value.ts";
import { GuestExit, type WasiContext } from "./context.ts";
import type { WasiTable } from "./table.ts";

/** Most bytes of randomness in one answer. */
const MOST_RANDOM = 1_048_576;

function exit(status: number): never {
  throw new GuestExit(status);
}

function randomBytes(context: WasiContext, [length]: readonly Value[]): Value {
  return Number(length) > MOST_RANDOM ? exit(1) : context.random.next(Number(length));
}

function randomU64(context: WasiContext): number | bigint {
  return integer(context.random.nextU64());
}

const none = (): Value => null;
const empty = (): Value => [];

export const processTable: WasiTable = {
  "wasi:cli/environment": {
    functions: {
      "get-environment": ["=> list<tuple<string, string>>", (context) => context.powers.environment],
      "get-arguments": ["=> list<string>", empty],
      "initial-cwd": ["=> option<string>", none],
    },
  },
  "wasi:cli/exit": {
    functions: {
      exit: ["result<_, _> => _", (_, [status]) => exit((status as CaseValue).index === OK ? 0 : 1)],
      "exit-with-code": ["u8 => _", (_, [status]) => exit(Number(status))],
    },
  },
  "wasi:cli/terminal-input": { resources: ["terminal-input"], functions: {} },
  "wasi:cli/terminal-output": { resources: ["terminal-output"], functions: {} },
  "wasi:cli/terminal-stdin": { functions: { "get-terminal-stdin": ["=> option<own<terminal-input>>", none] } },
  "wasi:cli/terminal-stdout": { functions: { "get-terminal-stdout": ["=> option<own<terminal-output>>", none] } },
  "wasi:cli/terminal-stderr": { functions: { "get-terminal-stderr": ["=> option<own<terminal-output>>", none] } },
  "wasi:random/random": {
    functions: { "get-random-bytes": ["u64 => list<u8>", randomBytes], "get-random-u64": ["=> u64", randomU64] },
  },
  "wasi:random/insecure": {
    functions: {
      "get-insecure-random-bytes": ["u64 => list<u8>", randomBytes],
      "get-insecure-random-u64": ["=> u64", randomU64],
    },
  },
  "wasi:random/insecure-seed": {
    functions: { "insecure-seed": ["=> tuple<u64, u64>", (context) => [randomU64(context), randomU64(context)]] },
  },
};
