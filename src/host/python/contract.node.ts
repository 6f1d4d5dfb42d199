/** What a package's world says about its instances, wherever their workers are started: numbers, names, what must be linked. */
import { type FunctionKey, type WitFunction, type World, functionsOf } from "../../wit/types.ts";
import type { CallChain } from "../call-chain.ts";
import { hostFunction } from "../host-functions.ts";
import { linkFault } from "../link-fault.ts";
import type { Manifest } from "../manifest.ts";
import { liftLimitsOf } from "../meter/limits.ts";
import type { ImportedFunction, InstanceOptions } from "../plugin.ts";
import { refuseState, type StateOwner } from "../state/bytes.ts";
import { PythonInstance } from "./instance.node.ts";
import { Names } from "./names.ts";
import type { Peer } from "./peer.ts";
import type { Numbered } from "./requests.ts";
import { type PythonState, read } from "./saved.ts";

export type Linked = readonly (Numbered & { readonly given: ImportedFunction })[];

export class Contract {
  readonly names: Names;
  /** Undefined when the state of its instances cannot be saved. */
  readonly owner: StateOwner | undefined;
  readonly #manifest: Manifest;
  readonly #imports: readonly Numbered[];
  readonly #exports: ReadonlyMap<FunctionKey, Numbered>;

  constructor(manifest: Manifest, world: World, owner: StateOwner | undefined) {
    this.#manifest = manifest;
    this.owner = owner;
    this.names = new Names(world);
    this.#imports = [...functionsOf(world.imports)].map(numberedFrom(0));
    this.#exports = new Map([...functionsOf(world.exports)].map(numberedFrom(1)).map((one) => [one.key, one]));
  }

  /** What shows before a worker is started. @throws {Fault} `link-failed` naming each import that is not given; `state-invalid` */
  link(options: InstanceOptions): Linked {
    this.stateOf(options);
    const linked = this.#imports.flatMap((one) => {
      const given = options.imports.get(one.key) ?? hostFunction(one.key, options);
      return given === undefined ? [] : [{ ...one, given }];
    });
    if (linked.length === this.#imports.length) return linked;
    const found = new Set(linked.map(({ key }) => key));
    const missing = this.#imports.map(({ key }) => key).filter((key) => !found.has(key));
    throw linkFault(this.#manifest.name, missing, options.imports.keys());
  }

  /** @throws {Fault} `state-invalid` */
  stateOf({ state }: InstanceOptions): PythonState | null {
    if (state === undefined) return null;
    return this.owner === undefined
      ? refuseState(this.#manifest.name, "its instances have none")
      : read(state, this.owner);
  }

  /** An instance that is not bound yet. `ended` is called once its worker has ended. */
  instance(peer: Peer, imports: Linked, chain: CallChain, options: InstanceOptions, ended: () => void): PythonInstance {
    const { name, overlap, limits } = this.#manifest;
    return new PythonInstance(
      {
        source: name,
        exports: this.#exports,
        imports,
        isExported: (resource) => this.names.isExported(resource),
        overlap,
        limits,
        lift: liftLimitsOf(this.#manifest),
        chain,
        peer,
        owner: this.owner,
        state: this.stateOf(options),
        ended,
      },
      options,
    );
  }
}

function numberedFrom(first: number): (entry: [FunctionKey, WitFunction], i: number) => Numbered {
  return ([key, fn], i) => ({ key, fn, number: first + i });
}
