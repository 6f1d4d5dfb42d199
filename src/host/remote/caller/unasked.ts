/** What a realm says unasked: lines, how far it has come, handles of others that its guest let go of. It takes credit. */
import type { InstanceOptions } from "../../plugin.ts";
import { LOG, MOST_NOTE_LINES, PROGRESS } from "../frames/kinds.ts";
import { readLine } from "../frames/line.ts";
import type { Reader } from "../frames/reader.ts";
import type { Credit } from "./credit.ts";
import type { Tickets } from "./handles.ts";

export interface UnaskedParts {
  readonly options: InstanceOptions;
  readonly tickets: Tickets;
  /** Stands after the head of the frame that is being handled. */
  readonly reader: Reader;
  readonly credit: Credit;
}

export class Unasked {
  readonly #parts: UnaskedParts;

  constructor(parts: UnaskedParts) {
    this.#parts = parts;
  }

  /** @throws {Broken} */
  heard(kind: number, bytes: number): void {
    const { reader, options, credit } = this.#parts;
    credit.spend(bytes);
    if (kind === PROGRESS) {
      const [done, total, hasText, text] = [reader.f64(), reader.f64(), reader.flag(), reader.text()];
      options.progress?.(done, Number.isNaN(total) ? null : total, hasText ? text : null);
    } else {
      const count = reader.index(MOST_NOTE_LINES + 1);
      for (let at = 0; at < count; at++) {
        if (kind === LOG) options.log(readLine(reader));
        else this.#release(reader.whole());
      }
    }
    reader.close();
  }

  /** The owner of what was let go of is told. Nobody waits for that. */
  #release(number: number): void {
    const { tickets, options } = this.#parts;
    const ticket = tickets.release(number);
    if (ticket === undefined) return;
    const { interface: id, name } = ticket.resource.name;
    const told = options.imports.get(`${id ?? ""}#[resource-drop]${name}`)?.call([ticket.value]);
    if (told instanceof Promise) told.catch(() => {});
  }
}
