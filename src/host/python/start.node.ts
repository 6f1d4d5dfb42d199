/**
 * The first words of a worker: ready, or why not.
 *
 *   B1  The time of a plugin's modules begins when the worker says that they begin; before that, nothing of the plugin's runs.
 */
import { Fault } from "../../fault.ts";
import { failureFault, readFailure } from "./failure.ts";
import type { Peer } from "./peer.ts";
import { FAILURE, FATAL, type Frame, LOADING, OUT_OF_FUEL, READY } from "./worker/frame.ts";

/** A Python worker did not come up, for a reason that is not the plugin's. */
export class StartFailure extends Fault {
  constructor(reason: string) {
    super("runtime-unavailable", `Python did not start: ${reason}`);
  }
}

const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * Waits until a worker is ready; it is ended when it does not get there.
 *
 * @param limit Milliseconds for the plugin's modules to load.
 * @param memory Bytes that they may have.
 * @returns what it is ready with
 * @throws {Fault} why the plugin's modules do not load; a `StartFailure` when the reason is not the plugin's
 */
export async function ready(peer: Peer, source: string, limit: number, memory: number): Promise<Frame> {
  const word = await firstWord(peer, limit);
  if (word !== null && "kind" in word && word.kind === READY) return word;
  await peer.terminate();
  if (word instanceof Error || word === null) throw word ?? new StartFailure("it ended without a word");
  if (word.kind === FAILURE)
    throw failureFault(readFailure(word.body), { source, doing: "cannot load: ", loading: true, memory });
  if (word.kind === FATAL && word.a === OUT_OF_FUEL) throw tooMuch(source);
  throw new StartFailure(
    word.kind === FATAL ? new TextDecoder().decode(word.body) : `it began with a message of kind ${word.kind}`,
  );

  function firstWord(from: Peer, milliseconds: number): Promise<Frame | Error | null> {
    const { promise, resolve } = Promise.withResolvers<Frame | Error | null>();
    let timer: NodeJS.Timeout | undefined;
    from.listen((frame) => {
      if (frame?.kind !== LOADING || timer !== undefined) return resolve(frame);
      const late = (): void => resolve(tooLong(source, milliseconds));
      timer = setTimeout(late, Math.min(milliseconds, LONGEST_TIMER)); // B1
    });
    void from.gone.then((error) => resolve(error === null ? null : new StartFailure(error.message)));
    return promise.finally(() => {
      clearTimeout(timer);
      from.listen(() => undefined);
    });
  }
}

function tooLong(source: string, limit: number): Fault {
  return new Fault("deadline-exceeded", `${source}: cannot load: its modules took longer than ${limit} ms`, { source });
}

function tooMuch(source: string): Fault {
  return new Fault("fuel-exhausted", `${source}: cannot load: its modules spent more fuel than loading may`, {
    source,
  });
}
