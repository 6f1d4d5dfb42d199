/** Signals to runs, each of a sender's once: while one is on its way to the disk, its repetition waits for the same. */
import type { Lsn } from "../entry/entry.ts";

export interface Signalled {
  readonly lsn: Lsn;
  readonly isNew: boolean;
}

export interface SignalPort {
  /** The position of what this sender sent, when that is durable. */
  readonly known: (run: string, sender: string) => number | undefined;
  /** Appends, and resolves once it is durable. */
  readonly append: (run: string, sender: string, entry: Uint8Array) => Promise<Lsn>;
}

export class Signals {
  readonly #port: SignalPort;
  readonly #onTheWay = new Map<string, Promise<Lsn>>();

  constructor(port: SignalPort) {
    this.#port = port;
  }

  async signal(run: string, sender: string, entry: Uint8Array): Promise<Signalled> {
    const key = JSON.stringify([run, sender]);
    const before = this.#onTheWay.get(key) ?? this.#port.known(run, sender);
    if (before !== undefined) return { lsn: await before, isNew: false };
    const appended = this.#port.append(run, sender, entry);
    this.#onTheWay.set(key, appended);
    try {
      return { lsn: await appended, isNew: true };
    } finally {
      this.#onTheWay.delete(key);
    }
  }
}
