/**
 * Python plugins in Node (DESIGN D4): a package whose source is Python, typed by its WIT text.
 *
 *   P1  Opening a plugin reads its files and its world, and runs no Python; the first instance loads the modules.
 *   P2  One worker per instance. Nothing of Python ever runs in the caller's thread.
 *   P3  An instance starts from a start image; when none can be made, cold, with one warning.
 */
import { Fault } from "../../fault.ts";
import { type FunctionKey, type WitFunction, type World, functionsOf } from "../../wit/types.ts";
import { callChain } from "../call-chain.node.ts";
import type { CallChain } from "../call-chain.ts";
import { hostFunction } from "../host-functions.ts";
import { linkFault } from "../link-fault.ts";
import type { Manifest, PackageFiles } from "../manifest.ts";
import { digestOf, readTexts, readWit, sourceFolder, worldOf } from "../package-text.ts";
import type { ImportedFunction, Instance, InstanceOptions, Plugin } from "../plugin.ts";
import { type Admission, processAdmission } from "./admission.node.ts";
import { type Code, pythonCode } from "./code.ts";
import { codecOrNull, parametersCodec } from "./codec.ts";
import { failureFault, readFailure } from "./failure.ts";
import { StartFailure, processImages, type StartImages } from "./image.node.ts";
import { PythonInstance } from "./instance.node.ts";
import { Mismatch } from "./marshal.ts";
import { Names } from "./names.ts";
import { type Peer, startPeer } from "./peer.node.ts";
import type { Numbered } from "./requests.ts";
import { pythonRuntime } from "./runtime.node.ts";
import { FAILURE, FATAL, type Frame, READY } from "./worker/frame.ts";

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
  /** Stands between an instance and its worker, for who wants to see the messages. */
  readonly between?: (peer: Peer) => Peer;
}

/** Linear memory of an instance whose manifest sets no limit. */
const DEFAULT_MEMORY = 512 * 1024 * 1024;

/**
 * Opens a package whose language is Python.
 * @throws {Fault} `wit-invalid`, `package-invalid`, or `plugin-unsupported` when the world has types that Python cannot take.
 */
export async function pythonPlugin(files: PackageFiles, options: PythonOptions): Promise<Plugin> {
  const { manifest } = files;
  const wit = await readWit(files);
  const world = await worldOf(files, wit);
  refuseUnsupported(manifest, world);
  const folder = sourceFolder(files);
  const sources = await readTexts(files, folder, ".py");
  if (!sources.has(manifest.source.slice(folder === "" ? 0 : folder.length + 1))) await files.read(manifest.source);
  return new PythonPlugin(manifest, world, await digestOf([...sources, ...wit]), sources, options);
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

class PythonPlugin implements Plugin {
  readonly manifest: Manifest;
  readonly world: World;
  readonly digest: string;
  readonly #sources: ReadonlyMap<string, string>;
  readonly #options: PythonOptions;
  readonly #names: Names;
  readonly #imports: readonly Numbered[];
  readonly #exports: ReadonlyMap<FunctionKey, Numbered>;
  readonly #instances = new Set<Instance>();
  readonly #waits: boolean;
  #code: Code | undefined;
  #closed = false;

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
    this.#names = new Names(world);
    this.#imports = [...functionsOf(world.imports)].map(numberedFrom(0));
    this.#exports = new Map([...functionsOf(world.exports)].map(numberedFrom(1)).map((one) => [one.key, one]));
    this.#waits = mayWait(manifest, world, sources);
  }

  async instantiate(options: InstanceOptions): Promise<Instance> {
    const imports = this.#link(options);
    const name = this.manifest.name;
    const admission = this.#options.admission ?? processAdmission;
    const place = await admission.enter(name, (line) => this.#warn(line), options.together);
    let peer: Peer;
    try {
      const started = await this.#startUnlessClosed();
      peer = this.#options.between?.(started) ?? started;
    } catch (error) {
      place.release();
      throw error;
    }
    const instance: PythonInstance = new PythonInstance(
      {
        source: name,
        exports: this.#exports,
        imports,
        isExported: (resource) => this.#names.isExported(resource),
        overlap: this.manifest.overlap,
        chain: this.#options.chain ?? callChain,
        peer,
        ended: () => {
          this.#instances.delete(instance);
          place.release();
        },
      },
      options,
    );
    this.#instances.add(instance);
    try {
      await instance.bind();
    } catch (error) {
      await instance[Symbol.asyncDispose]();
      throw error;
    }
    return instance;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#instances].map((instance) => instance[Symbol.asyncDispose]()));
  }

  async #startUnlessClosed(): Promise<Peer> {
    const closed = (): Fault =>
      new Fault("plugin-lost", `${this.manifest.name} was closed`, { source: this.manifest.name });
    if (this.#closed) throw closed();
    const peer = await this.#start();
    if (!this.#closed) return peer;
    await peer.terminate();
    throw closed();
  }

  #warn(line: string): void {
    this.#options.warn?.(line);
  }

  #link(options: InstanceOptions): readonly (Numbered & { readonly given: ImportedFunction })[] {
    const linked = this.#imports.flatMap((one) => {
      const given = options.imports.get(one.key) ?? hostFunction(one.key, options);
      return given === undefined ? [] : [{ ...one, given }];
    });
    if (linked.length === this.#imports.length) return linked;
    const found = new Set(linked.map(({ key }) => key));
    const missing = this.#imports.map(({ key }) => key).filter((key) => !found.has(key));
    throw linkFault(this.manifest.name, missing, options.imports.keys());
  }

  /** A worker that is ready for its first call. */
  async #start(): Promise<Peer> {
    const runtime = await pythonRuntime();
    this.#code ??= pythonCode(
      this.manifest.name,
      this.world,
      this.#names,
      runtime.guest,
      this.#sources,
      applicationOf(this.manifest),
    );
    const code = this.#code;
    const start = (image: Uint8Array | null): Promise<Peer> =>
      ready(
        startPeer(runtime, {
          ...code,
          boot: image === null ? code.boot : null,
          image,
          makeImage: false,
          memory: this.#memory(),
          waits: this.#waits,
          overlap: this.manifest.overlap,
        }),
        code,
      );
    const images = this.#options.images ?? processImages;
    try {
      return await start(await images.get(runtime, code, this.#options.cacheFolder));
    } catch (error) {
      if (!(error instanceof StartFailure)) throw error;
      this.#warn(`${this.manifest.name}: ${error.message}; starting cold, which takes seconds`);
      await images.forget(runtime, code, this.#options.cacheFolder);
      return start(null);
    }
  }

  #memory(): number {
    return this.manifest.limits.memory ?? DEFAULT_MEMORY;
  }
}

function numberedFrom(first: number): (entry: [FunctionKey, WitFunction], i: number) => Numbered {
  return ([key, fn], i) => ({ key, fn, number: first + i });
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

async function ready(peer: Peer, code: Code): Promise<Peer> {
  const frame = await new Promise<Frame | Error | null>((resolve) => {
    peer.listen(resolve);
    void peer.gone.then(resolve);
  });
  if (frame !== null && "kind" in frame && frame.kind === READY) return peer;
  await peer.terminate();
  if (frame !== null && "kind" in frame && frame.kind === FAILURE) {
    throw failureFault(readFailure(frame.body), code.name, "cannot load: ", true);
  }
  throw new StartFailure(reasonOf(frame));
}

function reasonOf(frame: Frame | Error | null): string {
  if (frame instanceof Error) return frame.message;
  if (frame?.kind === FATAL) return new TextDecoder().decode(frame.body);
  return "it ended without a word";
}
