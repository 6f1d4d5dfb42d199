/** The WebAssembly instructions that shim.ts is written in. */
import { type Code, signed } from "./assemble.ts";

export const get = (local: number): Code => [0x20, local];
export const set = (local: number): Code => [0x21, local];
export const tee = (local: number): Code => [0x22, local];
export const constant = (value: number): Code => [0x41, signed(value)];
export const constant64 = (value: number): Code => [0x42, signed(value)];
export const DROP = 0x1a;
const EMPTY = 0x40;
const END = 0x0b;
export const block = (...code: Code): Code => [0x02, EMPTY, code, END];
export const loop = (...code: Code): Code => [0x03, EMPTY, code, END];
export const when = (...code: Code): Code => [0x04, EMPTY, code, END];
export const branch = (depth: number): Code => [0x0c, depth];
export const branchIf = (depth: number): Code => [0x0d, depth];
export const EQZ = 0x45;
export const NE = 0x47;
export const GE_U = 0x4f;
export const GT_U_64 = 0x56;
export const GE_F64 = 0x66;
export const ADD = 0x6a;
export const MULTIPLY = 0x6c;
export const AND = 0x71;
export const SUBTRACT_64 = 0x7d;
export const ABS_F64 = 0x99;
export const EXTEND_S = 0xac;
export const EXTEND_U = 0xad;
export const TRUNCATE_64 = 0xb0;
export const DEMOTE = 0xb6;
export const PROMOTE = 0xbb;
export const RETURN = 0x0f;
/** `f64.const` of 2^53, and of NaN. */
export const TWO_53: Code = [0x44, 0, 0, 0, 0, 0, 0, 0x40, 0x43];
export const NOT_A_NUMBER: Code = [0x44, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f];
