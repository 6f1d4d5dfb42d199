/** One run of a worker, as its packages and its questions know it. */
import type { Writer } from "../../../host/remote/frames/writer.ts";
import { TAPED } from "../said/frames.ts";
import type { Outbox } from "../worker/outbox.ts";
import type { Gate } from "./gate.ts";

export interface Own {
  readonly run: number;
  readonly gate: Gate;
  /** Something leaves the run, behind what reached it before. */
  readonly send: (frame: Uint8Array<ArrayBuffer>) => void;
}

export function ownOf(run: number, gate: Gate, outbox: Outbox, writer: Writer): Own {
  const send = (frame: Uint8Array<ArrayBuffer>): void => {
    const tape = gate.take();
    outbox.send(tape === null ? frame : taped(writer, run, tape, frame));
  };
  return { run, gate, send };
}

function taped(writer: Writer, run: number, tape: Uint8Array, frame: Uint8Array): Uint8Array<ArrayBuffer> {
  writer.start(TAPED, run).u32(tape.length);
  writer.raw(tape);
  writer.raw(frame);
  return writer.finish();
}
