/** A worker with no thread behind it: what it says, the test says. */
import { newFlight } from "../../../src/host/keeper/flight.ts";
import type { KeptThread } from "../../../src/host/keeper/keeper.node.ts";
import type { Ended } from "../../../src/host/remote/ways/channel.ts";
import { Writer } from "../../../src/host/remote/frames/writer.ts";
import type { Codec } from "../../../src/host/remote/frames/codec-type.ts";
import { codecOf } from "../../../src/host/remote/frames/codec.ts";
import type { ToWorker } from "../../../src/engine/realm/said/messages.ts";

export class Fake implements KeptThread {
  readonly sent: ToWorker[] = [];
  readonly flight: Int32Array = newFlight();
  killed = 0;
  #say: (message: unknown) => void = () => {};
  #end: (ended: Ended) => void = () => {};
  readonly gone: Promise<Ended> = new Promise<Ended>((resolve) => {
    this.#end = resolve;
  });

  readonly port: KeptThread["port"] = {
    on: (_: string, listener: (message: unknown) => void) => (this.#say = listener),
    postMessage: (message: ToWorker) => this.sent.push(message),
    ref: () => {},
    unref: () => {},
  } as unknown as KeptThread["port"];

  readonly allow = (): void => {};
  readonly watch = (): void => {};
  readonly ref = (): void => {};
  readonly unref = (): void => {};

  readonly kill = async (): Promise<void> => {
    this.killed += 1;
    this.end({ code: "plugin-trapped", why: "it was killed" });
  };

  end(ended: Ended): void {
    this.#end(ended);
  }

  say(message: unknown): void {
    this.#say(message instanceof Uint8Array ? message.buffer : message);
  }

  /** The last message of a kind. */
  last<Kind extends ToWorker["kind"]>(kind: Kind): Extract<ToWorker, { readonly kind: Kind }> {
    const found = this.sent.findLast((message) => message.kind === kind);
    if (found === undefined) throw new Error(`nothing of kind ${kind} was sent`);
    return found as Extract<ToWorker, { readonly kind: Kind }>;
  }
}

const writer = new Writer({ give: () => 0, take: () => null });

export function frame(kind: number, number: number, body: (to: Writer) => void = () => {}): Uint8Array<ArrayBuffer> {
  body(writer.start(kind, number));
  return writer.finish();
}

export const texts: Codec = codecOf({ kind: "list", element: { kind: "list", element: { kind: "string" } } });
