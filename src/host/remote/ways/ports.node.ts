/** A realm's way to its caller, and how frames go over a pipe. */
import { Socket } from "node:net";
import { kept } from "../../keeper/kept.node.ts";
import type { Port } from "./channel.ts";
import { framed, Unframer } from "./pipe.ts";

/** Of a thread: the port that it was started with. */
export function threadPort(): Port {
  const { port } = kept();
  return {
    send: (frame) => port.postMessage(frame.buffer, [frame.buffer]),
    listen: (receive) => port.on("message", (message: ArrayBuffer) => receive(new Uint8Array(message))),
  };
}

/** Where a process finds its pipe. */
export const PIPE = 3;

/** In one piece, as far as the pipe takes it. */
export function writeFrame(pipe: Socket, frame: Uint8Array): void {
  pipe.cork();
  for (const part of framed(frame)) pipe.write(part);
  pipe.uncork();
}

/** Of a process, which ends with its pipe. */
export function pipePort(): Port {
  const pipe = new Socket({ fd: PIPE, readable: true, writable: true });
  const end = (): void => process.exit(0);
  pipe.on("end", end).on("error", end).on("close", end);
  return {
    send: (frame) => writeFrame(pipe, frame),
    listen: (receive) => {
      const unframer = new Unframer((frame) => (frame === null ? end() : receive(frame)));
      pipe.on("data", (bytes: Buffer) => unframer.push(bytes));
    },
  };
}
