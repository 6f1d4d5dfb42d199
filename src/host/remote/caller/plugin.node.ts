/**
 * A package whose instances run outside of this thread (D6), behind the interface of every other (I1).
 *
 *   P1  This side decodes types and has components validated by the tools; it compiles and runs nothing of the package.
 *   P2  One realm per instance, which gets the package's bytes from here and is gone with it: none ever serves another.
 *   P3  Opening brings up the realm of the first instance, so that code that does not compile shows here; what fails
 *       there is told in the words of its host.
 */
import { Fault } from "../../../fault.ts";
import { LiftBudget } from "../../../wit/budget.ts";
import { type FunctionKey, functionsOf, type WitFunction, type World } from "../../../wit/types.ts";
import { withWasiPowers } from "../../component/wasi/powers.ts";
import type { Manifest, PackageFiles } from "../../manifest.ts";
import type { Instance, InstanceOptions, Plugin } from "../../plugin.ts";
import type { Channel } from "../ways/channel.ts";
import { argumentsCodec, codecOrNothing } from "../frames/codec.ts";
import { readFault } from "../frames/fault-data.ts";
import { OK, OPEN } from "../frames/kinds.ts";
import { RemoteInstance } from "./instance.node.ts";
import { NO_HANDLES } from "../frames/no-handles.ts";
import { packParcel } from "../frames/parcel.ts";
import { type Prepared, prepare } from "./prepare.node.ts";
import { Broken, Reader } from "../frames/reader.ts";
import { Writer } from "../frames/writer.ts";

export interface RemoteOptions {
  /** Brings up a realm that has served nobody. */
  readonly start: () => Channel;
  /** The folder that keeps what is made of packages, as in `OpenOptions`. */
  readonly cacheFolder?: string;
  /** Milliseconds that opening the package and starting an instance may take, each; unless given, half a minute, and four times that for Python. */
  readonly startDeadline?: number;
}

const START_DEADLINE = 30_000;

/**
 * Opens a package for realms that `start` brings up. The caller disposes the plugin.
 *
 * @throws {Fault} what is wrong with the package; `isolation-unsupported` for what can only run in this thread yet
 */
export async function remotePlugin(files: PackageFiles, options: RemoteOptions): Promise<Plugin> {
  const prepared = await prepare(files, options.cacheFolder);
  refuseUnsupported(prepared);
  const plugin = new RemotePlugin(prepared, options);
  try {
    await plugin.warm();
  } catch (thrown) {
    await plugin[Symbol.asyncDispose]();
    throw thrown;
  }
  return plugin;
}

/** Whose instances can be called by somebody else than this thread, to whom their frames are relayed. */
export interface RelayedPlugin extends Plugin {
  /** A way to a realm that has opened the package and serves nobody. Whoever takes it kills it. */
  readonly relay: () => Promise<Channel>;
}

/** Undefined when its instances are called here. */
export function relayed(plugin: Plugin): RelayedPlugin | undefined {
  return plugin instanceof RemotePlugin ? plugin : undefined;
}

class RemotePlugin implements RelayedPlugin {
  readonly manifest: Manifest;
  readonly world: World;
  readonly digest: string;
  readonly #stateOf: Prepared["stateOf"];
  readonly #parcel: Uint8Array;
  readonly #options: RemoteOptions;
  readonly #channels = new Set<Channel>();
  readonly #instances = new Set<Instance>();
  /** A realm that has opened the package and serves nobody yet. */
  #spare: Channel | undefined;
  #closed = false;

  constructor({ files, world, digest, parcel, stateOf }: Prepared, options: RemoteOptions) {
    this.manifest = files.manifest;
    this.world = world;
    this.digest = digest;
    this.#stateOf = stateOf;
    this.#parcel = packParcel(parcel);
    this.#options = options;
  }

  get stateOf(): readonly string[] | undefined {
    return this.#stateOf();
  }

  async warm(): Promise<void> {
    const channel = await this.#opened();
    this.#spare = channel;
    void channel.gone.then(() => {
      if (this.#spare === channel) this.#spare = undefined;
    });
  }

  async relay(): Promise<Channel> {
    this.#refuseClosed();
    const spare = this.#spare;
    this.#spare = undefined;
    return spare ?? (await this.#opened());
  }

  async instantiate(options: InstanceOptions): Promise<Instance> {
    const channel = await this.relay();
    const { name, overlap, limits } = this.manifest;
    const stateOf = this.#stateOf;
    const instance = new RemoteInstance(
      {
        source: name,
        world: withWasiPowers(this.world, this.manifest.wants),
        overlap,
        limits,
        startDeadline: this.#startDeadline,
        get isSaved() {
          return stateOf() !== undefined;
        },
        channel,
      },
      options,
    );
    this.#instances.add(instance);
    void channel.gone.then(() => this.#instances.delete(instance));
    try {
      await instance.start();
    } catch (thrown) {
      await instance[Symbol.asyncDispose]();
      throw thrown;
    }
    return instance;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#instances].map((instance) => instance[Symbol.asyncDispose]()));
    await Promise.all([...this.#channels].map((channel) => channel.kill()));
  }

  /** A realm with the package opened in it. */
  async #opened(): Promise<Channel> {
    const channel = this.#options.start();
    this.#channels.add(channel);
    void channel.gone.then(() => this.#channels.delete(channel));
    try {
      await openIn(channel, this.#parcel, this.manifest.name, this.#startDeadline);
      this.#refuseClosed();
      return channel;
    } catch (thrown) {
      await channel.kill();
      throw thrown;
    }
  }

  get #startDeadline(): number {
    const usual = this.manifest.language === "python" ? 4 * START_DEADLINE : START_DEADLINE;
    return this.#options.startDeadline ?? usual;
  }

  #refuseClosed(): void {
    const { name } = this.manifest;
    if (this.#closed) throw new Fault("plugin-lost", `${name} was closed`, { source: name });
  }
}

/** @throws {Fault} `plugin-unsupported`, with the function's name */
function refuseUnsupported({ files, world }: Prepared): void {
  for (const side of [world.imports, world.exports]) for (const [key, fn] of functionsOf(side)) refuseOne(key, fn);

  function refuseOne(key: FunctionKey, fn: WitFunction): void {
    if (key.startsWith("wasi:")) return; // the host's own, inside the realm
    try {
      argumentsCodec(fn);
      codecOrNothing(fn.result);
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown;
      throw new Fault(thrown.code, `${files.place}: ${key}: ${thrown.message}`, { source: files.manifest.name });
    }
  }
}

async function openIn(channel: Channel, parcel: Uint8Array, source: string, deadline: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const failed = (code: string, text: string): void => reject(new Fault(code, `${source} ${text}`, { source }));
  channel.listen((frame) => {
    try {
      readOpened(frame, source);
      resolve();
    } catch (thrown) {
      if (thrown instanceof Broken) failed("plugin-trapped", `broke the protocol: ${thrown.message}`);
      else reject(thrown);
    }
  });
  void channel.gone.then(({ code, why }) => failed(code, `failed while it was opened: ${why}`));
  const late = (): void => failed("deadline-exceeded", `took longer than ${deadline} ms to be opened`);
  const timer = setTimeout(late, deadline);
  const writer = new Writer(NO_HANDLES).start(OPEN, 1);
  writer.raw(parcel);
  channel.send(writer.finish());
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    channel.listen(() => void channel.kill()); // until there is an instance, there is nothing to be said
  }
}

function readOpened(frame: Uint8Array<ArrayBuffer> | null, source: string): void {
  if (frame === null) throw new Broken("a message of another kind");
  const reader = new Reader(NO_HANDLES, new LiftBudget());
  reader.open(frame);
  if (reader.u8() !== OPEN || reader.u32() !== 1) throw new Broken("no answer to being opened");
  reader.flag(); // there is no instance that could live
  if (reader.u8() === OK) return;
  throw readFault(reader, source);
}
