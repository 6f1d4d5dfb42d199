/**
 * A run's connection with a package outside of its worker: what is behind it stays while the run begins again, and what was said
 * is said to the run again, after what it had said before.
 *
 *   L1  While the run says what it said, nothing of that goes to the package again.
 */
import type { Ended } from "../../../host/remote/ways/channel.ts";
import type { Broken } from "../../../host/remote/frames/reader.ts";
import type { Link } from "../links/links.node.ts";
import { isSameBytes } from "./digest.ts";

export interface LinkKeeper {
  readonly keepsAll: boolean;
  readonly keep: (bytes: number) => void;
  readonly drop: (link: KeptLink) => void;
  /** @throws {Fault} `run-lost` */
  readonly refuse: (what: string) => never;
  readonly refuseUnlessLive: () => void;
}

/** The present worker's end. */
export interface Connected {
  readonly send: (frame: Uint8Array<ArrayBuffer>) => void;
  readonly gone: (ended: Ended) => void;
  /** The run breaks the protocol. */
  readonly broke: (why: Broken) => void;
}

/** What came from the package when the run had said so much. */
interface Got {
  readonly after: number;
  readonly what: Uint8Array<ArrayBuffer> | Ended;
}

export class KeptLink {
  readonly #pack: number;
  readonly #limits: string;
  readonly #keeper: LinkKeeper;
  /** What the run has said; null: that it wants no more. */
  #said: (Uint8Array | null)[] = [];
  #got: Got[] = [];
  #link: Link | null = null;
  #connected: Connected | null = null;
  /** How much of both there was in the present life. */
  #sayings = 0;
  #given = 0;
  #closing: Promise<void> | null = null;

  constructor(pack: number, limits: string, keeper: LinkKeeper) {
    this.#pack = pack;
    this.#limits = limits;
    this.#keeper = keeper;
  }

  isSame(pack: number, limits: string): boolean {
    return pack === this.#pack && limits === this.#limits;
  }

  /** `link` is called the first time. */
  connect(connected: Connected, link: () => Link): void {
    this.#connected = connected;
    if (this.#link === null) this.#link = link();
    else this.#give();
  }

  /** From the run. @throws {Broken} @throws {Fault} `run-lost` */
  receive(frame: Uint8Array<ArrayBuffer>): void {
    if (this.#isSaidAgain(frame)) return;
    this.#say(frame);
    if (this.#closing === null) this.#link?.receive(frame);
  }

  /** The run wants no more of it. Resolves when nothing is left. @throws {Fault} `run-lost` */
  async close(): Promise<void> {
    if (this.#isSaidAgain(null)) return;
    this.#say(null);
    await this.end();
  }

  /** From the package. */
  send(frame: Uint8Array<ArrayBuffer>): void {
    if (this.#keeper.keepsAll) this.#gets(frame, frame.length);
    else this.#connected?.send(frame);
  }

  /** The package is gone. */
  gone(ended: Ended): void {
    if (this.#keeper.keepsAll) this.#gets(ended, 0);
    else this.#connected?.gone(ended);
    void this.end();
  }

  broke(why: Broken): void {
    this.#connected?.broke(why);
  }

  begin(): void {
    this.#connected = null;
    this.#sayings = 0;
    this.#given = 0;
  }

  detach(): void {
    this.#connected = null;
  }

  forget(): void {
    this.#said = [];
    this.#got = [];
    if (this.#closing !== null) this.#keeper.drop(this);
  }

  end(): Promise<void> {
    this.#closing ??= this.#link?.close() ?? Promise.resolve();
    if (!this.#keeper.keepsAll) this.#keeper.drop(this);
    return this.#closing;
  }

  /** L1 */
  #isSaidAgain(frame: Uint8Array | null): boolean {
    if (!this.#keeper.keepsAll || this.#sayings === this.#said.length) return false;
    const before = this.#said[this.#sayings] ?? null;
    const isSame = before === null || frame === null ? before === frame : isSameBytes(before, frame);
    if (!isSame) this.#keeper.refuse("it says something else to a package");
    this.#sayings += 1;
    this.#give();
    return true;
  }

  #say(frame: Uint8Array | null): void {
    if (!this.#keeper.keepsAll) return;
    this.#keeper.refuseUnlessLive();
    this.#said.push(frame);
    this.#sayings += 1;
    this.#keeper.keep(frame?.length ?? 0);
  }

  #gets(what: Got["what"], bytes: number): void {
    this.#got.push({ after: this.#said.length, what });
    this.#give();
    this.#keeper.keep(bytes);
  }

  #give(): void {
    for (;;) {
      const next = this.#got[this.#given];
      if (this.#connected === null || next === undefined || next.after > this.#sayings) return;
      this.#given += 1;
      if (next.what instanceof Uint8Array) this.#connected.send(next.what.slice());
      else this.#connected.gone(next.what);
    }
  }
}
