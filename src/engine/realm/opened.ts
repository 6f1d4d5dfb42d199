/** The programs of one worker: those that are open in it, and those that are being opened. */
import type { Fault } from "../../fault.ts";
import { readFault } from "../../host/remote/frames/fault-data.ts";
import { OK } from "../../host/remote/frames/kinds.ts";
import { Broken, type Reader } from "../../host/remote/frames/reader.ts";
import { NotOpened } from "./lost.ts";
import type { RealmProgram } from "./program.ts";

export class Programs {
  readonly #open = new Map<number, RealmProgram>();
  readonly #opening = new Map<number, PromiseWithResolvers<void>>();

  /** How many are being opened. */
  get opening(): number {
    return this.#opening.size;
  }

  get(number: number): RealmProgram | undefined {
    return this.#open.get(number);
  }

  /** Resolves when the worker says so. @throws {NotOpened} @throws {Fault} why the worker is gone */
  async opens(number: number, program: RealmProgram): Promise<void> {
    const opening = Promise.withResolvers<void>();
    this.#opening.set(number, opening);
    await opening.promise;
    this.#open.set(number, program);
  }

  /** What the worker says of one. @throws {Broken} */
  opened(number: number, reader: Reader): void {
    const opening = this.#opening.get(number);
    if (opening === undefined) throw new Broken(`program ${number} was opened unasked`);
    this.#opening.delete(number);
    if (reader.u8() === OK) {
      reader.close();
      return opening.resolve();
    }
    const pack = reader.u32();
    opening.reject(new NotOpened(readFault(reader, null), pack));
  }

  closes(number: number): void {
    this.#open.delete(number);
  }

  /** The worker is gone. */
  lost(why: Fault): void {
    for (const { reject } of this.#opening.values()) reject(why);
    this.#opening.clear();
  }
}
