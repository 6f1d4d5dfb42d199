/**
 * Python plugins in Node (DESIGN D4): a package whose source is Python, typed by its WIT text.
 *
 *   P1  Opening a plugin reads its files and its world, and runs no Python; the first instance loads the modules.
 *   P2  One worker per instance. Nothing of Python ever runs in the caller's thread.
 *   P3  An instance starts from a start image; when none can be made, cold, with one warning.
 */
import { Fault } from "../../fault.ts";
import { type World, functionsOf } from "../../wit/types.ts";
import { callChain } from "../call-chain.node.ts";
import type { CallChain } from "../call-chain.ts";
import type { Manifest, PackageFiles } from "../manifest.ts";
import { limitsOf } from "../meter/limits.ts";
import { DEFAULT_MEMORY } from "./limits.ts";
import type { CallLimits } from "../meter/meter.ts";
import { digestOf, readTexts, readWit, sourceFolder, worldOf } from "../package-text.ts";
import type { Instance, InstanceOptions, Plugin, Together } from "../plugin.ts";
import { type Admission, type Place, processAdmission } from "./admission.node.ts";
import { type Code, pythonCode } from "./code.ts";
import { codecOrNull, parametersCodec } from "./codec.ts";
import type { PythonConnection } from "./connection.node.ts";
import { Contract } from "./contract.node.ts";
import type { StartImages } from "./image.node.ts";
import { Mismatch } from "./marshal.ts";
import type { OwnPeer } from "./peer.node.ts";
import type { Peer } from "./peer.ts";
import type { Runtime } from "./runtime.node.ts";
import { pythonOwner } from "./saved.ts";
import { Workers } from "./workers.node.ts";

export interface PythonOptions {
  /** Where start images are kept between processes; absent: in memory only. */
  readonly cacheFolder?: string;
  /** Takes lines for people: waiting for memory, a start image that failed. */
  readonly warn?: (line: string) => void;
  /** Which instances are on the way from the outermost call to here; the process's own by default. */
  readonly chain?: CallChain;
  /** Who admits instances; the process's own by default. */
  readonly admission?: Admission;
  /** Keeps start images; the process's own by default. */
  readonly images?: StartImages;
  /** How many started workers are kept ready for the next instances; 0 by default. Admission does not count these. */
  readonly warm?: number;
  /** Gives the runtime's start image where none may be made (`sent-image.node.ts`); absent there: a cold start. */
  readonly runtimeImage?: (runtime: Runtime) => Promise<Uint8Array | undefined>;
  /** Stands between an instance and its worker, for who wants to see the messages. */
  readonly between?: (peer: Peer) => Peer;
}

export interface PythonPlugin extends Plugin {
  /**
   * Starts a worker for an instance that is somebody else's (`over.node.ts`): waits for a place, and until it is ready. The
   * plugin still owns the worker and ends it when it is closed.
   *
   * @param limits What its calls may take, in place of what the manifest says.
   */
  connect(together?: Together, limits?: CallLimits): Promise<PythonConnection>;
}

/**
 * Opens a package whose language is Python.
 * @throws {Fault} `wit-invalid`, `package-invalid`, or `plugin-unsupported` when the world has types that Python cannot take.
 */
export async function pythonPlugin(files: PackageFiles, options: PythonOptions): Promise<PythonPlugin> {
  const { manifest } = files;
  const wit = await readWit(files);
  const world = await worldOf(files, wit);
  refuseUnsupported(manifest, world);
  const folder = sourceFolder(files);
  const sources = await readTexts(files, folder, ".py");
  if (!sources.has(manifest.source.slice(folder === "" ? 0 : folder.length + 1))) await files.read(manifest.source);
  const plugin = new OpenedPython(manifest, world, await digestOf([...sources, ...wit]), sources, options);
  plugin.warmUp();
  return plugin;
}

function refuseUnsupported(manifest: Manifest, world: World): void {
  for (const side of [world.imports, world.exports]) {
    for (const [key, fn] of functionsOf(side)) {
      try {
        parametersCodec(fn);
        codecOrNull(fn.result);
      } catch (error) {
        if (!(error instanceof Mismatch)) throw error;
        throw new Fault("plugin-unsupported", `${manifest.name}: ${key}: ${error.message}`, { source: manifest.name });
      }
    }
  }
}

/** What an instance or a connection stands on. */
interface Taken {
  readonly peer: OwnPeer;
  readonly place: Place;
}

class OpenedPython implements PythonPlugin {
  readonly manifest: Manifest;
  readonly world: World;
  readonly digest: string;
  readonly #sources: ReadonlyMap<string, string>;
  readonly #options: PythonOptions;
  readonly #contract: Contract;
  readonly #workers: Workers;
  readonly #instances = new Set<Instance>();
  readonly #connected = new Set<Peer>();
  #code: Code | undefined;

  constructor(
    manifest: Manifest,
    world: World,
    digest: string,
    sources: ReadonlyMap<string, string>,
    options: PythonOptions,
  ) {
    this.manifest = manifest;
    this.world = world;
    this.digest = digest;
    this.#sources = sources;
    this.#options = options;
    this.#contract = new Contract(manifest, world, pythonOwner(manifest.name, digest, mainOf(manifest, sources)));
    const { name, overlap, limits } = manifest;
    this.#workers = new Workers({
      name,
      code: (runtime) => this.#codeFor(runtime),
      task: { memory: limits.memory ?? DEFAULT_MEMORY, waits: mayWait(manifest, world, sources), overlap },
      limits: limitsOf(limits),
      warm: options.warm ?? 0,
      cacheFolder: options.cacheFolder,
      images: options.images,
      runtimeImage: options.runtimeImage,
      warn: (line) => this.#warn(line),
    });
  }

  get stateOf(): readonly string[] | undefined {
    return this.#contract.owner?.stateOf;
  }

  /** Starts what is kept ready, if anything is. */
  warmUp(): void {
    this.#workers.fill();
  }

  async instantiate(options: InstanceOptions): Promise<Instance> {
    const imports = this.#contract.link(options);
    const { peer: own, place } = await this.#take(options.together, limitsOf(this.manifest.limits, options.limits));
    const peer = this.#options.between?.(own) ?? own;
    const ended = (): void => {
      this.#instances.delete(instance);
      place.release();
    };
    const instance = this.#contract.instance(peer, imports, this.#options.chain ?? callChain, options, ended);
    this.#instances.add(instance);
    await instance.bindOrDispose();
    this.#workers.fill();
    return instance;
  }

  async connect(together?: Together, limits?: CallLimits): Promise<PythonConnection> {
    const { peer, place } = await this.#take(together, limitsOf(this.manifest.limits, limits));
    this.#connected.add(peer);
    void peer.gone.then(() => {
      this.#connected.delete(peer);
      place.release();
    });
    const port = peer.handOver();
    this.#workers.fill();
    return { port, stops: peer.stops, gone: peer.gone, terminate: () => peer.terminate() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([
      this.#workers[Symbol.asyncDispose](),
      ...[...this.#instances].map((instance) => instance[Symbol.asyncDispose]()),
      ...[...this.#connected].map((peer) => peer.terminate()),
    ]);
  }

  async #take(together: Together | undefined, limits: CallLimits): Promise<Taken> {
    const admission = this.#options.admission ?? processAdmission;
    const place = await admission.enter(this.manifest.name, (line) => this.#warn(line), together);
    try {
      return { peer: await this.#workers.take(limits), place };
    } catch (error) {
      place.release();
      throw error;
    }
  }

  #warn(line: string): void {
    this.#options.warn?.(line);
  }

  #codeFor({ guest }: Runtime): Code {
    const { name } = this.manifest;
    const names = this.#contract.names;
    this.#code ??= pythonCode(name, this.world, names, guest, this.#sources, applicationOf(this.manifest));
    return this.#code;
  }
}

/** The text of the main module. */
function mainOf({ source }: Manifest, sources: ReadonlyMap<string, string>): string {
  return sources.get(source.slice(source.lastIndexOf("/") + 1)) ?? "";
}

function applicationOf(manifest: Manifest): string {
  const name = manifest.source.slice(manifest.source.lastIndexOf("/") + 1).replace(/\.py$/, "");
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return name;
  throw new Fault("package-invalid", `${manifest.name}: the file name ${manifest.source} is no Python module name`);
}

/**
 * Whether calls may wait for the host, by import, coroutine or sleep. One that may costs some microseconds more, so a plugin
 * whose text shows no sign of it goes without.
 */
function mayWait(manifest: Manifest, world: World, sources: ReadonlyMap<string, string>): boolean {
  if (manifest.overlap || !functionsOf(world.imports).next().done) return true;
  if ([...functionsOf(world.exports)].some(([, fn]) => fn.async)) return true;
  return [...sources.values()].some((text) => /\b(async|asyncio|sleep|run_sync|threading|queue|sched)\b/.test(text));
}
