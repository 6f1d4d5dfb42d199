/**
 * The connections of one worker's runs, by their numbers there.
 *
 *   C1  Only packages that are outside can be reached, each by its number in the run's own program; so many at once.
 *   C2  What a run has outside is kept for it while it begins again (`again/kept-link.ts`), but for Python workers.
 */
import type { MessagePort } from "node:worker_threads";
import type { CallLimits } from "../../../host/meter/meter.ts";
import type { Plugin } from "../../../host/plugin.ts";
import type { Ended } from "../../../host/remote/ways/channel.ts";
import { Broken } from "../../../host/remote/frames/reader.ts";
import type { KeptLink } from "../again/kept-link.ts";
import * as frames from "../said/frames.ts";
import { type Link, linkTo } from "./links.node.ts";
import type { ToWorker } from "../said/messages.ts";
import { isPython } from "../program.ts";
import type { Running } from "../running.ts";

/** Frames about what has just ended, which cross with the news of it. */
const MOST_LATE = 100_000;

interface Open {
  readonly run: Running;
  readonly pack: number;
  readonly link: Link | KeptLink;
}

export class Links {
  readonly #post: (message: ToWorker, transfer?: readonly (ArrayBuffer | MessagePort)[]) => void;
  readonly #broke: (why: Broken) => void;
  readonly #open = new Map<number, Open>();
  #late = 0;

  constructor(
    post: (message: ToWorker, transfer?: readonly (ArrayBuffer | MessagePort)[]) => void,
    broke: (why: Broken) => void,
  ) {
    this.#post = post;
    this.#broke = broke;
  }

  /** C1. @throws {Broken} @throws {Fault} `run-lost` */
  connect(number: number, run: Running, pack: number, limits: CallLimits): void {
    const plugin = run.of.outside[pack];
    if (plugin === undefined || plugin === null) throw new Broken(`package ${pack} is not outside`);
    if (this.#open.has(number)) throw new Broken(`connection ${number} twice`);
    if (this.#open.size >= frames.MOST_CONNECTIONS) throw new Broken("too many connections at once");
    const link = isPython(plugin)
      ? this.#handed(number, run, plugin, limits)
      : this.#kept(number, run, pack, plugin, limits);
    this.#open.set(number, { run, pack, link });
  }

  /** Null: it is over. @throws {Broken} */
  opened(number: number): Open | null {
    const open = this.#open.get(number);
    if (open !== undefined) return open;
    this.#late += 1;
    if (this.#late > MOST_LATE) throw new Broken("too much for what is over");
    return null;
  }

  /** The run wants no more of it. Resolves when nothing is left. */
  async close(number: number): Promise<void> {
    const open = this.#open.get(number);
    this.#open.delete(number);
    open?.run.python.delete(number);
    await open?.link.close();
  }

  /** The run leaves the worker. Resolves when nothing is left that it does not find again. */
  async leave(run: Running): Promise<void> {
    for (const [number, open] of this.#open) {
      if (open.run === run && !run.python.has(number)) this.#open.delete(number);
    }
    await Promise.all([...run.python].map((number) => this.close(number)));
  }

  /** C2 */
  #kept(number: number, run: Running, pack: number, plugin: Plugin, limits: CallLimits): KeptLink {
    const { kept } = run;
    const link = kept.connects(pack, JSON.stringify([limits.fuel ?? null, limits.deadline ?? null]));
    const connected = {
      send: (frame: Uint8Array<ArrayBuffer>): void =>
        this.#post({ kind: "frame", connection: number, bytes: frame.buffer }, [frame.buffer]),
      gone: (ended: Ended): void => {
        this.#post({ kind: "gone", connection: number, ended });
        this.#open.delete(number);
      },
      broke: this.#broke,
    };
    link.connect(connected, () =>
      linkTo({
        plugin,
        connection: number,
        limits,
        post: () => {},
        together: kept.together,
        send: (frame) => link.send(frame),
        gone: (ended) => link.gone(ended),
        broke: (why) => link.broke(why),
      }),
    );
    return link;
  }

  /** A Python worker has a port to this one. */
  #handed(number: number, run: Running, plugin: Plugin, limits: CallLimits): Link {
    run.python.add(number);
    const { together } = run.kept;
    const none = (): void => {};
    const post = this.#post;
    return linkTo({ plugin, connection: number, limits, post, together, send: none, gone: none, broke: none });
  }
}
