/**
 * Python instances whose workers are started elsewhere: what a run worker has (DESIGN D12). It reads no file and starts
 * nothing; it speaks with the worker itself, and believes it as little as everybody does.
 */
import { Fault } from "../../fault.ts";
import type { World } from "../../wit/types.ts";
import { callChain } from "../call-chain.node.ts";
import type { CallChain } from "../call-chain.ts";
import type { Manifest } from "../manifest.ts";
import { limitsOf } from "../meter/limits.ts";
import type { CallLimits } from "../meter/meter.ts";
import type { Instance, InstanceOptions, Plugin, Together } from "../plugin.ts";
import { type PythonConnection, peerOver } from "./connection.node.ts";
import { Contract } from "./contract.node.ts";

/** A package of Python that was opened elsewhere. */
export interface PythonPackage {
  readonly manifest: Manifest;
  readonly world: World;
  readonly digest: string;
  readonly stateOf?: readonly string[] | undefined;
}

/**
 * Asks the owner of workers for one that has served nobody and is ready for its first call.
 *
 * @param limits What its calls may take: a worker that counts fuel is started differently.
 */
export type Connect = (together: Together | undefined, limits: CallLimits) => Promise<PythonConnection>;

/** The caller disposes the plugin. */
export function pythonOver(pack: PythonPackage, connect: Connect, chain: CallChain = callChain): Plugin {
  return new RemotePython(pack, connect, chain);
}

class RemotePython implements Plugin {
  readonly manifest: Manifest;
  readonly world: World;
  readonly digest: string;
  readonly stateOf: readonly string[] | undefined;
  readonly #connect: Connect;
  readonly #chain: CallChain;
  readonly #contract: Contract;
  readonly #instances = new Set<Instance>();
  #closed = false;

  constructor({ manifest, world, digest, stateOf }: PythonPackage, connect: Connect, chain: CallChain) {
    this.manifest = manifest;
    this.world = world;
    this.digest = digest;
    this.#connect = connect;
    this.#chain = chain;
    this.stateOf = stateOf;
    const owner = stateOf === undefined ? undefined : { source: manifest.name, stateOf };
    this.#contract = new Contract(manifest, world, owner);
  }

  async instantiate(options: InstanceOptions): Promise<Instance> {
    const imports = this.#contract.link(options);
    this.#refuseClosed();
    const connection = await this.#connect(options.together, limitsOf(this.manifest.limits, options.limits));
    if (this.#closed) await connection.terminate();
    this.#refuseClosed();
    const ended = (): void => void this.#instances.delete(instance);
    const instance = this.#contract.instance(peerOver(connection), imports, this.#chain, options, ended);
    this.#instances.add(instance);
    await instance.bindOrDispose();
    return instance;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#instances].map((instance) => instance[Symbol.asyncDispose]()));
  }

  #refuseClosed(): void {
    const { name } = this.manifest;
    if (this.#closed) throw new Fault("plugin-lost", `${name} was closed`, { source: name });
  }
}
