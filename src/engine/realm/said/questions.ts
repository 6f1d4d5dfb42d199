/** The questions of `worker/asks.ts` as bytes, for both sides. */
import type { ShellResult } from "../../platform/ports.ts";
import { codecOf } from "../../../host/remote/frames/codec.ts";
import type { Reader } from "../../../host/remote/frames/reader.ts";
import type { Writer } from "../../../host/remote/frames/writer.ts";
import type { WitType } from "../../../wit/types.ts";
import { CaseValue } from "../../../wit/value.ts";

const STRING: WitType = { kind: "string" };
const LISTS: WitType = { kind: "list", element: { kind: "list", element: STRING } };
const BYTES: WitType = { kind: "list", element: { kind: "u8" } };
const INPUT: WitType = {
  kind: "option",
  some: {
    kind: "variant",
    name: null,
    cases: [
      { name: "text", type: STRING },
      { name: "bytes", type: BYTES },
    ],
  },
};
const RESULT: WitType = { kind: "tuple", items: [STRING, STRING, { kind: "s32" }] };

export interface ShellQuestion {
  readonly commands: readonly (readonly string[])[];
  readonly input: string | Uint8Array | null;
}

export function writeShell(to: Writer, { commands, input }: ShellQuestion): void {
  codecOf(LISTS).write(to, commands);
  codecOf(INPUT).write(to, input === null ? null : new CaseValue(typeof input === "string" ? 0 : 1, input));
}

/** @throws {Broken} */
export function readShell(from: Reader): ShellQuestion {
  const commands = codecOf(LISTS).read(from) as readonly (readonly string[])[];
  const input = codecOf(INPUT).read(from) as CaseValue | null;
  return { commands, input: input === null ? null : (input.payload as string | Uint8Array) };
}

export function writeShellResult(to: Writer, { stdout, stderr, status }: ShellResult): void {
  codecOf(RESULT).write(to, [stdout, stderr, status]);
}

export function readShellResult(from: Reader): ShellResult {
  const [stdout, stderr, status] = codecOf(RESULT).read(from) as readonly [string, string, number];
  return { stdout, stderr, status };
}

/** Of a core call: what stands before its arguments. */
export interface ForkQuestion {
  readonly package: number;
  readonly function: string;
  readonly seed: Uint8Array;
}

export function writeFork(to: Writer, question: ForkQuestion): void {
  to.u32(question.package);
  to.text(question.function);
  to.raw(question.seed);
}

export function readFork(from: Reader): ForkQuestion {
  return { package: from.u32(), function: from.text(), seed: from.raw(32) };
}
