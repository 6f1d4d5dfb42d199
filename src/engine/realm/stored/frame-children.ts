/** The runs that a stored run spawns, as its worker has them: made and run by the engine. */
import type { Ir } from "../../../lang/ir/ir.ts";
import type { Reader } from "../../../host/remote/frames/reader.ts";
import type { Writer } from "../../../host/remote/frames/writer.ts";
import { Fault } from "../../../fault.ts";
import type { Value } from "../../../wit/value.ts";
import type { ChildStore } from "../../durable/children/child-store.ts";
import { ValueBytes } from "../../durable/value-bytes.ts";
import type { RunResult } from "../../loop/run-result.ts";
import type { Asks } from "../worker/asks.ts";
import * as frames from "../said/frames.ts";
import type { Outbox } from "../worker/outbox.ts";
import { readResult } from "./results.ts";
import { writeChunk } from "./wire.ts";

export interface FrameChildrenParts {
  readonly run: number;
  readonly ir: Ir;
  readonly asks: Asks;
  readonly outbox: Outbox;
  readonly writer: Writer;
}

const NEVER = new AbortController().signal;

export function frameChildren({ run, ir, asks, outbox, writer }: FrameChildrenParts): ChildStore {
  const values = new ValueBytes(ir);
  const send = (frame: Uint8Array<ArrayBuffer>): void => outbox.send(frame);
  return {
    create: (id, effect, fn, args: readonly Value[]) => {
      const write = (to: Writer): void => {
        to.u32(run);
        to.text(id);
        to.text(effect);
        to.u32(fn);
        writeChunk(to, values.encode([...args]));
      };
      return asks.ask({ kind: frames.CHILD_NEW, write, read: () => {}, signal: NEVER, send });
    },
    run: async (id, cancel, stop): Promise<RunResult> => {
      const write = (to: Writer): void => (to.u32(run), to.text(id));
      const read = (from: Reader): RunResult => readResult(from, values);
      const isOver = new AbortController();
      const stopped = (): void => {
        if (!isOver.signal.aborted) send(stopFrame(writer, run, id));
      };
      stop.addEventListener("abort", stopped, { once: true });
      try {
        if (stop.aborted) throw new Fault("stopped", "The run was stopped, and can be taken up again");
        return await asks.ask({ kind: frames.CHILD_RUN, write, read, signal: cancel, send, isLong: true });
      } finally {
        isOver.abort();
        stop.removeEventListener("abort", stopped);
      }
    },
  };
}

function stopFrame(writer: Writer, run: number, id: string): Uint8Array<ArrayBuffer> {
  writer.start(frames.CHILD_STOP, run).text(id);
  return writer.finish();
}
