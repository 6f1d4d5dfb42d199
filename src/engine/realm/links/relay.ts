/**
 * Frames between a run worker and a realm that serves it an instance (L2), neither of which is trusted, nor trusts the other:
 * what they mean the worker judges, how many there are is judged here.
 *
 *   R1  An answer answers something that was sent, once; so many questions and messages that need no answer are on their
 *       way at once, of so many bytes. Whoever sends more is ended.
 */
import type { Channel, Ended } from "../../../host/remote/ways/channel.ts";
import * as frames from "../../../host/remote/frames/kinds.ts";
import { Open } from "../../../host/remote/server/open-calls.ts";
import { Broken } from "../../../host/remote/frames/reader.ts";

export interface RelayParts {
  readonly channel: Channel;
  /** To the worker. */
  readonly send: (frame: Uint8Array<ArrayBuffer>) => void;
  /** The realm is gone, for whatever reason. */
  readonly gone: (ended: Ended) => void;
}

export class Relay {
  readonly #parts: RelayParts;
  readonly #calls = new Open();
  readonly #questions = new Open();
  #asked = 0;
  #notes = 0;
  #isOpen = true;

  constructor(parts: RelayParts) {
    this.#parts = parts;
    const { channel } = parts;
    channel.listen((frame) => this.#fromRealm(frame));
    void channel.gone.then((ended) => this.#end(ended));
  }

  /** From the worker. @throws {Broken} */
  receive(frame: Uint8Array<ArrayBuffer>): void {
    const { kind, number } = headOf(frame);
    switch (kind) {
      case frames.START:
      case frames.CALL:
      case frames.DROP:
      case frames.SAVE:
        this.#calls.add(number, frame.length, true);
        break;
      case frames.ANSWER:
        if (!this.#questions.has(number)) throw new Broken(`an answer to question ${number}`);
        this.#questions.delete(number);
        this.#asked -= 1;
        break;
      case frames.CREDIT:
        this.#notes = Math.max(0, this.#notes - number);
        break;
      default:
        throw new Broken(`a frame of kind ${kind} for an instance`);
    }
    this.#parts.channel.send(frame.slice());
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    await this.#parts.channel.kill();
  }

  #fromRealm(frame: Uint8Array<ArrayBuffer> | null): void {
    if (!this.#isOpen) return;
    try {
      if (frame === null) throw new Broken("a message of another kind");
      this.#judge(frame);
      this.#parts.send(frame);
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      this.#end({ code: "plugin-trapped", why: `it broke the protocol: ${error.message}` });
    }
  }

  #judge(frame: Uint8Array): void {
    const { kind, number } = headOf(frame);
    switch (kind) {
      case frames.START:
      case frames.CALL:
      case frames.DROP:
      case frames.SAVE:
        if (!this.#calls.has(number)) throw new Broken(`an answer to nothing, ${number}`);
        return void this.#calls.delete(number);
      case frames.IMPORT:
      case frames.CALLBACK:
      case frames.SLEEP:
        this.#asked += 1;
        if (this.#asked > frames.MOST_QUESTIONS) throw new Broken("too many questions at once");
        return this.#questions.add(number, frame.length, true);
      case frames.LOG:
      case frames.PROGRESS:
      case frames.RELEASE:
        this.#notes += 1;
        if (this.#notes > frames.MOST_NOTES) throw new Broken(`more than ${frames.MOST_NOTES} messages at once`);
        if (frame.length > 2 * frames.MOST_NOTE_BYTES) throw new Broken(`a message of ${frame.length} bytes`);
        return;
      default:
        throw new Broken(`a message of kind ${kind}`);
    }
  }

  #end(ended: Ended): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    void this.#parts.channel.kill();
    this.#parts.gone(ended);
  }
}

const HEAD = 5;

/** @throws {Broken} */
function headOf(frame: Uint8Array): { readonly kind: number; readonly number: number } {
  if (frame.length < HEAD) throw new Broken("it ends too early");
  if (frame.length > frames.MOST_BYTES) throw new Broken(`a message of ${frame.length} bytes`);
  const view = new DataView(frame.buffer, frame.byteOffset, HEAD);
  return { kind: view.getUint8(0), number: view.getUint32(1, true) };
}
