/** How a spawned run ended, as bytes: its value or error as in its log. */
import { Broken, type Reader } from "../../../host/remote/frames/reader.ts";
import { readFault } from "../../../host/remote/frames/fault-data.ts";
import type { Writer } from "../../../host/remote/frames/writer.ts";
import type { ValueBytes } from "../../durable/value-bytes.ts";
import type { RunResult } from "../../loop/run-result.ts";
import { readChunk, writeChunk } from "./wire.ts";

const DONE = 0;
const FAILED = 1;
const CANCELLED = 2;
/** As `writeBroke` of `../said/endings.ts` says: the worker failed in it, or it was stopped. */
const BROKE = 3;

export function writeResult(to: Writer, result: RunResult, values: ValueBytes): void {
  switch (result.state) {
    case "done":
      to.u8(DONE);
      return writeChunk(to, values.encode(result.value));
    case "failed":
      to.u8(FAILED);
      return writeChunk(to, values.encode(result.error));
    case "cancelled":
      return to.u8(CANCELLED);
  }
}

/** @throws {Broken} @throws {Fault} `malformed`; why it did not end */
export function readResult(from: Reader, values: ValueBytes): RunResult {
  const state = from.u8();
  if (state === CANCELLED) return { state: "cancelled" };
  if (state === BROKE) throw readFault(from, null);
  if (state > BROKE) throw new Broken(`a run that ended as ${state}`);
  const answer = values.decodeAnswer(state === DONE, readChunk(from));
  return answer.kind === "ok" ? { state: "done", value: answer.value } : { state: "failed", error: answer.error };
}
