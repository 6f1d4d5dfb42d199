/** What a run asked the engine for once: it goes on while the run begins again, which is then given its answer. */
import { isSameBytes } from "./digest.ts";

/** What goes on for it. */
export interface Performing {
  /** Nobody waits for its answer, which comes all the same, and soon. */
  readonly giveUp: () => void;
  /** The run is over, or begins again from its log. Absent: as if nobody waited. */
  readonly end?: () => void;
  /** Resolves when nothing of it is left. */
  readonly done: Promise<void>;
}

export interface Keeper {
  readonly keepsAll: boolean;
  readonly keep: (bytes: number) => void;
  readonly drop: (question: KeptQuestion) => void;
}

type Answer = (bytes: Uint8Array<ArrayBuffer>) => void;

export class KeptQuestion {
  readonly #kind: number;
  readonly #keeper: Keeper;
  #content: Uint8Array;
  #performing: Performing | null = null;
  #answer: Uint8Array<ArrayBuffer> | null = null;
  /** Who asks in the present life. */
  #waiting: Answer | null = null;

  constructor(kind: number, content: Uint8Array, keeper: Keeper) {
    this.#kind = kind;
    this.#content = content;
    this.#keeper = keeper;
  }

  isSame(kind: number, content: Uint8Array): boolean {
    return kind === this.#kind && isSameBytes(content, this.#content);
  }

  /** Whoever asks gets the answer once, unless the run is lost before. `perform` is called the first time. */
  ask(answer: Answer, perform: (answer: Answer) => Performing): void {
    this.#waiting = answer;
    if (this.#performing === null) this.#performing = perform((bytes) => this.#answered(bytes));
    else if (this.#answer !== null) this.#tell(this.#answer);
  }

  isOpen(kind: number): boolean {
    return kind === this.#kind && this.#performing !== null && this.#answer === null;
  }

  giveUp(): void {
    this.#performing?.giveUp();
  }

  begin(): void {
    this.#waiting = null;
  }

  detach(): void {
    this.#waiting = null;
  }

  /** Its bytes are not kept any more. */
  forget(): void {
    this.#content = new Uint8Array();
    if (this.#answer !== null) this.#keeper.drop(this);
    this.#answer = null;
  }

  async end(): Promise<void> {
    this.#waiting = null;
    const { giveUp, end = giveUp } = this.#performing ?? { giveUp: () => {} };
    end();
    await this.#performing?.done;
  }

  #answered(bytes: Uint8Array<ArrayBuffer>): void {
    this.#tell(bytes);
    if (!this.#keeper.keepsAll) return this.#keeper.drop(this);
    this.#answer = bytes;
    this.#keeper.keep(bytes.length);
  }

  #tell(bytes: Uint8Array<ArrayBuffer>): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.(bytes);
  }
}
