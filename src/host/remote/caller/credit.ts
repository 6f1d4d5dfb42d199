/**
 * What a realm may send unasked (HAZARDS 14).
 *
 *   K1  So many messages that need no answer may be on their way at once; the next is a breach.
 *   K2  They are acknowledged together, after other work of this thread had its turn, and only while the realm has
 *       something to do: an idle one has nothing to say.
 */
import { MOST_NOTE_BYTES, MOST_NOTES } from "../frames/kinds.ts";
import { Broken } from "../frames/reader.ts";

export class Credit {
  readonly #acknowledge: (count: number) => void;
  readonly #isBusy: () => boolean;
  /** Dealt with, and not yet acknowledged. */
  #spent = 0;
  #scheduled = false;

  constructor(acknowledge: (count: number) => void, isBusy: () => boolean) {
    this.#acknowledge = acknowledge;
    this.#isBusy = isBusy;
  }

  /** @throws {Broken} */
  spend(bytes: number): void {
    this.#spent += 1;
    if (this.#spent > MOST_NOTES) throw new Broken(`more than ${MOST_NOTES} messages at once`);
    if (bytes > 2 * MOST_NOTE_BYTES) throw new Broken(`a message of ${bytes} bytes that nobody asked for`);
    this.renew();
  }

  /** Also when the realm gets something to do. */
  renew(): void {
    if (this.#scheduled || this.#spent < MOST_NOTES / 4 || !this.#isBusy()) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      const count = this.#spent;
      this.#spent = 0;
      this.#acknowledge(count);
    });
  }
}
