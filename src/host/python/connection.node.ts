/**
 * A Python worker that was started elsewhere, at the end of a port (DESIGN D12): whoever started it owns it and ends it, and
 * is not asked between.
 *
 *   C1  The worker is gone when its owner says so, or when the port closes, whichever is first.
 */
import type { MessagePort } from "node:worker_threads";
import type { Peer } from "./peer.ts";
import { type Frame, readFrame } from "./worker/frame.ts";

export interface PythonConnection {
  /** Leads straight to the worker, which is ready for its first call. */
  readonly port: MessagePort;
  /** Shared with the worker. */
  readonly stops: Int32Array;
  /** Why the worker ended: an error it died of, or null. */
  readonly gone: Promise<Error | null>;
  terminate(): Promise<void>;
  /** What comes is heard when this says so. Absent: at once. */
  readonly inTurn?: (work: () => void) => void;
}

export function peerOver({ port, stops, gone, terminate, inTurn }: PythonConnection): Peer {
  let receive: (frame: Frame | null) => void = () => undefined;
  const closed = new Promise<null>((resolve) => port.once("close", () => resolve(null)));
  const ended = Promise.race([gone, closed]);
  void ended.then(() => port.close());
  const hear = (message: unknown): void => receive(readFrame(message));
  port.on("message", inTurn === undefined ? hear : (message: unknown) => inTurn(() => hear(message)));
  return {
    send: (frame) => port.postMessage(frame, [frame]),
    listen: (next) => {
      receive = next;
    },
    terminate: async () => {
      receive = () => undefined;
      port.close();
      await terminate();
    },
    stops,
    gone: ended, // C1
  };
}
