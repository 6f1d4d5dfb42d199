/** How runs ended, as plain values: remembered for a while, else read from their logs. */
import { Fault } from "../../fault.ts";
import { decodeEntry, kindOf } from "../../journal/entry/entry-codec.ts";
import { Blob } from "../../journal/entry/entry.ts";
import type { EntryOf } from "../../journal/entry/entry.ts";
import type { RunHeader, Store } from "../../journal/store.ts";
import type { ErrorValue } from "../../lang/value.ts";
import type { Type } from "../../lang/types.ts";
import type { Value } from "../../wit/value.ts";
import { ValueBytes } from "../durable/value-bytes.ts";
import type { LoadedProgram } from "../load/loaded.ts";
import { toPlain } from "../embedding/plain.ts";
import type { RunResult } from "../loop/run-result.ts";
import type { Ended, EndedError } from "./executor.ts";

const ENDINGS: ReadonlySet<string> = new Set(["done", "failed", "cancelled"]);
const REMEMBERED = 1000;
const PAGE = 100;

export function isEnded({ state }: Pick<RunHeader, "state">): boolean {
  return ENDINGS.has(state);
}

export class Endings {
  readonly #store: Pick<Store, "read" | "blob">;
  readonly #recent = new Map<string, Ended>();

  constructor(store: Pick<Store, "read" | "blob">) {
    this.#store = store;
  }

  note(run: string, result: RunResult, program: LoadedProgram, fn: number): void {
    try {
      this.#recent.set(run, plainOf(result, typeOf(program, fn)));
    } catch (failure) {
      if (!(failure instanceof Fault)) throw failure; // what has no plain value is told to whoever asks for it
    }
    if (this.#recent.size <= REMEMBERED) return;
    for (const oldest of this.#recent.keys()) {
      this.#recent.delete(oldest);
      return;
    }
  }

  forget(run: string): void {
    this.#recent.delete(run);
  }

  /** @throws {Fault} what the program cannot be loaded for, when its types are needed */
  async of(
    header: RunHeader,
    program: <T>(work: (program: LoadedProgram, fn: number) => T) => Promise<T>,
  ): Promise<Ended> {
    if (header.state === "cancelled") return { state: "cancelled" };
    const known = this.#recent.get(header.id);
    if (known !== undefined) return known;
    if (header.state === "failed") return { state: "failed", error: await this.error(header) };
    const bytes = await this.#bytes(header);
    return await program((loaded, fn) => plainOf(decoded(header, bytes, loaded), typeOf(loaded, fn)));
  }

  /** Of a run that failed: no program is needed to read it. */
  async error(header: RunHeader): Promise<EndedError> {
    const answer = new ValueBytes(null).decodeAnswer(false, await this.#bytes(header));
    if (answer.kind === "error") return errorOf(answer.error);
    throw new Fault("journal-invalid", `The end of ${header.id} cannot be read`);
  }

  /** For whoever has the program: the parent of a run that has ended. */
  async result(header: RunHeader, program: LoadedProgram): Promise<RunResult> {
    if (header.state === "cancelled") return { state: "cancelled" };
    return decoded(header, await this.#bytes(header), program);
  }

  async #bytes({ id, durable }: RunHeader): Promise<Uint8Array> {
    const { value } = await this.#end(id, durable);
    return value instanceof Blob ? await this.#store.blob(value.digest) : value;
  }

  /** Little comes after it. */
  async #end(id: string, durable: number): Promise<EntryOf<"END">> {
    for (let from = durable - PAGE + 1; from > 1 - PAGE; from -= PAGE) {
      const entries = await this.#store.read(id, Math.max(1, from), PAGE);
      const found = entries.findLast(({ bytes }) => kindOf(bytes) === "END");
      const entry = found === undefined ? undefined : decodeEntry(found.bytes);
      if (entry?.kind === "END") return entry;
    }
    throw new Fault("journal-invalid", `The log of ${id} has no end`);
  }
}

function decoded({ state }: RunHeader, bytes: Uint8Array, { ir }: LoadedProgram): RunResult {
  const answer = new ValueBytes(ir).decodeAnswer(state === "done", bytes);
  return answer.kind === "ok" ? { state: "done", value: answer.value } : { state: "failed", error: answer.error };
}

/** What a spawned workflow gives is data to whoever looks from outside. */
function typeOf(program: LoadedProgram, fn: number): Type {
  return fn === 0 ? program.result : { kind: "Any" };
}

function plainOf(result: RunResult, type: Type): Ended {
  switch (result.state) {
    case "done":
      return { state: "done", value: toPlain(type, result.value as Value) };
    case "failed":
      return { state: "failed", error: errorOf(result.error) };
    case "cancelled":
      return { state: "cancelled" };
  }
}

function errorOf({ code, message, trace }: ErrorValue): EndedError {
  return { code, message, trace };
}
