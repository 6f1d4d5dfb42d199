/**
 * IR as bytes.
 *
 *   `encodeIr(ir)`      canonical: one program, one sequence of bytes.
 *   `decodeIr(bytes)`   checks everything an instruction refers to, so that the VM need not (ir/ir.ts, R2).
 *   `irDigest(ir)`      SHA-256 of the bytes, but for the folder of its files: what a snapshot belongs to.
 */
import { sha256 } from "../vm/hash.ts";
import { IR_VERSION, PEEK_PARAMS } from "./ir.ts";
import type { Ir, IrAhead, IrCall, IrFunction } from "./ir.ts";
import { ByteReader, ByteWriter, malformed } from "./ir-bytes.ts";
import { readType, writeType } from "./ir-types.ts";
import { readValues, ValueWriter } from "./ir-values.ts";
import { anyOps, errorFields, operations, orderOps, preludeEffects, timeOps } from "./opcode.ts";
import { natives } from "../native/native.ts";

const MAGIC = "sennit ir";
const KINDS = ["main", "function", "workflow", "lambda", "branch", "undo"] as const;
const RESULTS = ["plain", "raise", "keep"] as const;

export function encodeIr(ir: Ir): Uint8Array {
  const out = new ByteWriter();
  out.text(MAGIC);
  out.uint(ir.version);
  out.list(ir.files, (file) => out.text(file));
  out.list(ir.types, (type) => writeType(out, type));
  out.list(ir.sites, (site) => out.text(site));
  out.list(ir.natives, (native) => (out.text(native.key), out.list(native.types, (type) => out.uint(type))));
  out.list(ir.packages, (each) => (out.maybe(each.specifier, (text) => out.text(text)), out.text(each.name)));
  out.list(ir.calls, (call) => writeCall(out, call));
  out.list(ir.params, (param) => (out.text(param.name), out.uint(param.type)));
  const values = new ValueWriter();
  const numbers = ir.constants.map((value) => values.add(value));
  values.finish(out);
  out.list(numbers, (number) => out.uint(number));
  out.list(ir.functions, (fn) => writeFunction(out, fn));
  return out.finish();
}

function writeCall(out: ByteWriter, call: IrCall): void {
  out.uint(call.package);
  out.text(call.function);
  out.uint(call.params);
  out.bool(call.fork);
  out.byte(RESULTS.indexOf(call.result));
  out.int(call.err);
}

function writeFunction(out: ByteWriter, fn: IrFunction): void {
  out.text(fn.name);
  out.int(fn.file);
  out.byte(KINDS.indexOf(fn.kind));
  out.uint(fn.params);
  out.uint(fn.captures);
  out.uint(fn.registers);
  out.bool(fn.silent);
  out.list([...fn.code], (cell) => out.int(cell));
  out.list([...fn.lines], (cell) => out.uint(cell));
  out.list(fn.ahead, (entry) => {
    out.uint(entry.pc);
    for (const cell of [entry.list, entry.at, entry.peek]) out.int(cell);
  });
}

const digests: WeakMap<Ir, string> = new WeakMap();

/** Lower-case hex. The same for a program whose files stand in another folder. */
export function irDigest(ir: Ir): string {
  let digest = digests.get(ir);
  if (digest === undefined) digests.set(ir, (digest = sha256(encodeIr({ ...ir, files: besideFirst(ir.files) }))));
  return digest;
}

/** Names of files as seen from the folder of the first. */
function besideFirst(files: readonly string[]): readonly string[] {
  const [main = ""] = files;
  const folder = main.slice(0, main.lastIndexOf("/") + 1);
  return files.map((file) => (file.startsWith(folder) ? file.slice(folder.length) : file));
}

/** @throws {Fault} `malformed` */
export function decodeIr(bytes: Uint8Array): Ir {
  const input = new ByteReader(bytes);
  if (input.text() !== MAGIC) throw malformed("they are no IR");
  const version = input.uint();
  if (version !== IR_VERSION) throw malformed(`IR of version ${version}; this is version ${IR_VERSION}`);
  const files = input.list(() => input.text());
  const types = input.list(() => readType(input));
  const sites = input.list(() => input.text());
  const type = (): number => input.index(types.length, "the type");
  const nativeList = input.list(() => ({ key: input.text(), types: input.list(type) }));
  const packages = input.list(() => ({ specifier: input.maybe(() => input.text()), name: input.text() }));
  const calls = input.list(() => readCall(input, packages.length, types.length));
  const params = input.list(() => ({ name: input.text(), type: type() }));
  const values = readValues(input, { types: types.length, captures: () => undefined });
  const constants = input.list(() => values[input.index(values.length, "the value")]!);
  const functions = input.list(() => readFunction(input));
  input.finish();
  const ir = { version, files, functions, constants, types, sites, natives: nativeList, calls, packages, params };
  verify(ir);
  return ir;
}

function readCall(input: ByteReader, packages: number, types: number): IrCall {
  const pkg = input.index(packages, "the package");
  const fn = input.text();
  const params = input.uint();
  const fork = input.bool();
  const result = RESULTS[input.byte()];
  const err = input.int();
  if (result === undefined || err < -1 || err >= types) throw malformed("a call has no result");
  return { package: pkg, function: fn, params, fork, result, err };
}

/** More registers than this no function needs; a frame of theirs would cost too much. */
const MAX_REGISTERS = 65_536;

function readFunction(input: ByteReader): IrFunction {
  const name = input.text();
  const file = input.int();
  const kind = KINDS[input.byte()];
  const [params, captures, registers] = [input.uint(), input.uint(), input.uint()];
  const silent = input.bool();
  const code = Int32Array.from(input.list(() => input.int()));
  const lines = Int32Array.from(input.list(() => input.uint()));
  const ahead = input.list((): IrAhead => ({
    pc: input.uint(),
    list: input.int(),
    at: input.int(),
    peek: input.int(),
  }));
  if (kind === undefined) throw malformed("a function of no known kind");
  if (registers > MAX_REGISTERS || params + captures > registers)
    throw malformed("a function has impossible registers");
  return { name, file, kind, params, captures, registers, silent, code, lines, ahead };
}

function verify(ir: Ir): void {
  if (ir.functions.length === 0) throw malformed("there is no function");
  for (const native of ir.natives) if (!natives.has(native.key)) throw malformed(`the native ${native.key} is unknown`);
  for (const fn of ir.functions) {
    if (fn.file < -1 || fn.file >= ir.files.length) throw malformed("a function's file does not exist");
    if (fn.lines.length % 3 !== 0) throw malformed("a table of lines is cut");
    verifyCode(ir, fn);
    for (const entry of fn.ahead) if (!isPossible(ir, fn, entry)) throw malformed("a call ahead is impossible");
  }
}

function isPossible(ir: Ir, fn: IrFunction, { pc, list, at, peek }: IrAhead): boolean {
  if (!instructionStarts(fn).has(pc)) return false;
  const { name } = operations[fn.code[pc]!]!;
  const isRegister = (cell: number): boolean => cell >= 0 && cell < fn.registers;
  const hasLoop = isRegister(list) && isRegister(at);
  if (name === "CALL_VALUE") return hasLoop && peek === -1;
  const gives = ir.functions[peek];
  if (name !== "FOREIGN" || gives === undefined || !(hasLoop || (list === -1 && at === -1))) return false;
  const variables = gives.params - PEEK_PARAMS;
  return gives.silent && variables >= 0 && variables <= fn.registers && gives.registers > gives.params;
}

/** Where instructions begin. */
export function instructionStarts(fn: IrFunction): ReadonlySet<number> {
  let known = starts.get(fn);
  if (known !== undefined) return known;
  const found = new Set<number>();
  for (let pc = 0; pc < fn.code.length;) {
    const operation = operations[fn.code[pc]!];
    if (operation === undefined) throw malformed("an instruction is unknown");
    found.add(pc);
    pc += operation.size;
    if (pc > fn.code.length) throw malformed("an instruction is cut");
  }
  starts.set(fn, (known = found));
  return known;
}

const starts: WeakMap<IrFunction, ReadonlySet<number>> = new WeakMap();
/** What ends a function: nothing can run past it. */
const LAST: ReadonlySet<string> = new Set(["RETURN", "JUMP", "RAISE", "RETHROW"]);

function verifyCode(ir: Ir, fn: IrFunction): void {
  const begins = instructionStarts(fn);
  let last = "";
  for (const pc of begins) {
    const { name, operands } = operations[fn.code[pc]!]!;
    const cells = [...fn.code.subarray(pc + 1, pc + 1 + operands.length)];
    operands.forEach((kind, i) => verifyOperand(ir, fn, begins, name, kind, cells, i));
    verifyWindow(ir, fn, name, cells);
    last = name;
  }
  if (!LAST.has(last)) throw malformed("a function runs past its end");
}

function verifyOperand(
  ir: Ir,
  fn: IrFunction,
  begins: ReadonlySet<number>,
  name: string,
  kind: string,
  cells: readonly number[],
  i: number,
): void {
  const cell = cells[i]!;
  const below = (limit: number): boolean => cell >= 0 && cell < limit;
  const fine = ((): boolean => {
    switch (kind) {
      case "d":
      case "a":
      case "b":
      case "c":
        return below(fn.registers) || isWindowStart(name, cells, i, fn.registers);
      case "n":
        return cell >= 0 && cells[i - 1]! + cell <= fn.registers;
      case "k":
        return below(ir.constants.length);
      case "j":
        return begins.has(cell) || (name === "TRY" && cell === -1);
      case "t":
        return below(ir.types.length);
      case "f":
        return below(ir.functions.length);
      case "s":
        return below(ir.sites.length);
      case "x":
        return below(ir.natives.length);
      case "w":
        return below(ir.calls.length);
      default:
        return verifyImmediate(name, cell);
    }
  })();
  if (!fine) throw malformed(`${name} has an impossible operand ${i}`);
}

/** An empty window may start right after the last register. */
function isWindowStart(name: string, cells: readonly number[], i: number, registers: number): boolean {
  const operands = operations.find((operation) => operation.name === name)!.operands;
  const empty = operands[i + 1] === "n" ? cells[i + 1] === 0 : name.startsWith("CALL") || name === "FOREIGN";
  return empty && cells[i] === registers;
}

const CHOICES: Readonly<Record<string, readonly string[]>> = {
  TIME: timeOps,
  ANY_ARITH: anyOps,
  ORDER_ANY: orderOps,
  ERROR_FIELD: errorFields,
  EFFECT: preludeEffects,
};

function verifyImmediate(name: string, cell: number): boolean {
  const choices = CHOICES[name];
  return choices === undefined || (cell >= 0 && cell < choices.length);
}

/** Arguments whose number the instruction does not state. */
function verifyWindow(ir: Ir, fn: IrFunction, name: string, cells: readonly number[]): void {
  const count =
    name === "CALL" || name === "CALL_SILENT"
      ? ir.functions[cells[1]!]!.params
      : name === "FOREIGN"
        ? ir.calls[cells[1]!]!.params
        : name === "RETRY"
          ? 7
          : name === "PUT_OWN"
            ? 2
            : 0;
  const first = name === "RETRY" ? cells[0]! : name === "PUT_OWN" ? cells[1]! : cells[2]!;
  if (count > 0 && first + count > fn.registers) throw malformed(`${name} has too many arguments`);
}
