/**
 * The workers of one plugin: started from a start image, each for one instance, some of them ahead of time.
 *
 *   V1  A worker that was taken never comes back: what served one instance serves no other.
 *   V2  Workers that wait are all alike and know nothing of whom they will serve. One that ends, or says anything, is let go.
 *   V3  Closing ends those that wait, and those that are on their way.
 */
import { Fault } from "../../fault.ts";
import type { CallLimits } from "../meter/meter.ts";
import type { Code } from "./code.ts";
import { processImages, type StartImages } from "./image.node.ts";
import { deadlineOf, isMetered, LEAST_START } from "./limits.ts";
import { meteredRuntime } from "./metered.node.ts";
import { type OwnPeer, startPeer, type Task } from "./peer.node.ts";
import { pythonRuntime, type Runtime } from "./runtime.node.ts";
import { ready, StartFailure } from "./start.node.ts";

export interface WorkersParts {
  readonly name: string;
  readonly code: (runtime: Runtime) => Code;
  readonly task: Pick<Task, "memory" | "waits" | "overlap">;
  /** What the manifest allows: workers that wait are of this kind. */
  readonly limits: CallLimits;
  /** How many wait for an instance. */
  readonly warm: number;
  readonly cacheFolder: string | undefined;
  readonly images: StartImages | undefined;
  /** The runtime's image, where it comes from elsewhere and no other can be made. */
  readonly runtimeImage: ((runtime: Runtime) => Promise<Uint8Array | undefined>) | undefined;
  readonly warn: (line: string) => void;
}

export class Workers {
  readonly #parts: WorkersParts;
  readonly #waiting: OwnPeer[] = [];
  #onTheirWay = 0;
  #closed = false;

  constructor(parts: WorkersParts) {
    this.#parts = parts;
  }

  /** How many are ready for an instance. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** A worker that is ready for its first call, and is the caller's from then on. @throws {Fault} */
  async take(limits: CallLimits): Promise<OwnPeer> {
    this.#refuseClosed();
    const warm = isMetered(limits) === isMetered(this.#parts.limits) ? this.#waiting.shift() : undefined;
    const peer = warm ?? (await this.#start(limits));
    if (this.#closed) await peer.terminate();
    this.#refuseClosed();
    return peer;
  }

  /** Starts what is missing of those that should wait. Nobody waits for that; what goes wrong shows at the next `take`. */
  fill(): void {
    for (let missing = this.#missing; missing > 0; missing -= 1) {
      this.#onTheirWay += 1;
      this.#start(this.#parts.limits)
        .then((peer) => this.#keep(peer))
        .catch(() => undefined)
        .finally(() => (this.#onTheirWay -= 1));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#waiting.splice(0).map((peer) => peer.terminate()));
  }

  get #missing(): number {
    return this.#closed ? 0 : this.#parts.warm - this.#waiting.length - this.#onTheirWay;
  }

  async #keep(peer: OwnPeer): Promise<void> {
    if (this.#closed) return peer.terminate();
    this.#waiting.push(peer);
    peer.listen(() => void peer.terminate()); // V2
    void peer.gone.then(() => {
      const at = this.#waiting.indexOf(peer);
      if (at >= 0) this.#waiting.splice(at, 1);
    });
  }

  async #start(limits: CallLimits): Promise<OwnPeer> {
    const { images = processImages, cacheFolder, name } = this.#parts;
    const runtime = await this.#runtime(limits);
    const code = this.#parts.code(runtime);
    const limit = Math.max(deadlineOf(limits), LEAST_START);
    try {
      const sent = await this.#parts.runtimeImage?.(runtime);
      if (sent !== undefined) return await this.#from(runtime, code, sent, code.boot, limit);
      if (this.#parts.runtimeImage !== undefined) return await this.#from(runtime, code, null, code.boot, limit);
      const image = await images.get(runtime, code, cacheFolder, limit);
      return await this.#from(runtime, code, image, null, limit);
    } catch (error) {
      if (!(error instanceof StartFailure)) throw error;
      this.#parts.warn(`${name}: ${error.message}; starting cold, which takes seconds`);
      await images.forget(runtime, code, cacheFolder);
      return this.#from(runtime, code, null, code.boot, limit);
    }
  }

  async #from(
    runtime: Runtime,
    code: Code,
    image: Uint8Array | null,
    boot: string | null,
    limit: number,
  ): Promise<OwnPeer> {
    const peer = startPeer(runtime, { ...this.#parts.task, files: code.files, boot, image, makeImage: false });
    await ready(peer, code.name, limit, this.#parts.task.memory);
    return peer;
  }

  async #runtime(limits: CallLimits): Promise<Runtime> {
    const runtime = await pythonRuntime();
    return isMetered(limits) ? meteredRuntime(runtime, this.#parts.cacheFolder) : runtime;
  }

  #refuseClosed(): void {
    const { name } = this.#parts;
    if (this.#closed) throw new Fault("plugin-lost", `${name} was closed`, { source: name });
  }
}
