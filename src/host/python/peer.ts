/** One Python worker as the host sees it: an untrusted peer that sends frames until it is gone. */
import type { Frame } from "./worker/frame.ts";

/** A running worker. The owner ends it with `terminate`. */
export interface Peer {
  send(frame: ArrayBuffer): void;
  /** Replaces who gets the frames; null stands for a message that is no frame. */
  listen(receive: (frame: Frame | null) => void): void;
  terminate(): Promise<void>;
  /** Shared with the worker, which looks there even while it is busy (`worker/frame.ts`). */
  readonly stops: Int32Array;
  /** Why the worker ended: an error it died of, or null. */
  readonly gone: Promise<Error | null>;
}
