/** Ways to another realm that carry frames, each in a buffer of its own. */

/** The realm's side. */
export interface Port {
  readonly send: (frame: Uint8Array<ArrayBuffer>) => void;
  readonly listen: (receive: (frame: Uint8Array<ArrayBuffer>) => void) => void;
}

/** The caller's side: the realm behind it may lie, and is gone when it is killed. */
export interface Channel {
  readonly send: (frame: Uint8Array<ArrayBuffer>) => void;
  /** Replaces who gets the frames; null stands for whatever is no frame. */
  readonly listen: (receive: (frame: Uint8Array<ArrayBuffer> | null) => void) => void;
  /**
   * What the realm does has so many milliseconds from now on; null: it does nothing. Soon after that it is killed, although
   * this thread be blocked. Absent where nobody else watches.
   */
  readonly allow?: (milliseconds: number | null) => void;
  /** Whether this process goes on for its sake; it does unless told otherwise. */
  readonly hold?: (holds: boolean) => void;
  /** Resolves when nothing of the realm is left. Twice is once. */
  readonly kill: () => Promise<void>;
  /** Settles once, whatever ended the realm, after it has ended. */
  readonly gone: Promise<Ended>;
}

export interface Ended {
  readonly code: "memory-limit" | "plugin-trapped" | "deadline-exceeded";
  /** As the end of a sentence: "its thread ended". */
  readonly why: string;
}
