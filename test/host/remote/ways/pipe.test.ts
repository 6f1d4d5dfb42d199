/** Frames on a stream, however it is cut. */
import { describe, expect, it } from "vitest";
import fc from "../../../fast-check.ts";
import { MOST_BYTES } from "../../../../src/host/remote/frames/kinds.ts";
import { framed, Unframer } from "../../../../src/host/remote/ways/pipe.ts";

function received(chunks: Iterable<Uint8Array>): (readonly number[] | null)[] {
  const frames: (readonly number[] | null)[] = [];
  const unframer = new Unframer((frame) => frames.push(frame === null ? null : [...frame]));
  for (const chunk of chunks) unframer.push(chunk);
  return frames;
}

describe("frames on a stream", () => {
  it("arrive whole and in order, wherever the stream is cut", () => {
    const frames = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 6 });
    fc.assert(
      fc.property(frames, fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1 }), (sent, cuts) => {
        const stream = Uint8Array.from(sent.flatMap((frame) => framed(frame).flatMap((part) => [...part])));
        const chunks: Uint8Array[] = [];
        for (let at = 0, turn = 0; at < stream.length; turn++) {
          const size = cuts[turn % cuts.length] ?? 1;
          chunks.push(stream.subarray(at, at + size));
          at += size;
        }
        expect(received(chunks)).toEqual(sent.map((frame) => [...frame]));
      }),
    );
  });

  it("end with a length that cannot be, before anything is kept for it", () => {
    const head = new Uint8Array(4);
    new DataView(head.buffer).setUint32(0, MOST_BYTES + 1, true);
    expect(received([...framed(Uint8Array.of(1)), head, Uint8Array.of(1, 2, 3), ...framed(Uint8Array.of(2))])).toEqual([
      [1],
      null,
    ]);
  });
});
