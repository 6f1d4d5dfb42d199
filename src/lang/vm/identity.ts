/**
 * Effect scopes and effect identities (RECOVERY, IDS).
 *
 *   S1  A node is H128(parent, site, n). An effect is a node; a frame, loop turn, branch, element, body of `timeout` or
 *       `retry`, callback and unwinding is a node that other nodes have as parent.
 *   S2  `n` counts the uses of a site in its parent. An attempt of a `retry` begins its counts anew, so that it asks for
 *       the same identities again; `attempt` tells them apart, and grows along the whole path to the root.
 *   S3  Hashes are computed when somebody asks: counting must stay cheap.
 */
import { hash128, hashNode, hex } from "./hash.ts";

export class Scope {
  readonly parent: Scope | null;
  readonly site: number;
  readonly n: number;
  /** From 1. */
  attempt: number;
  // Most scopes use one site once: a map is made for the second.
  firstSite = -1;
  firstCount = 0;
  counts: Map<number, number> | null = null;
  #hash: Uint32Array | null = null;

  constructor(parent: Scope | null, site: number, n: number) {
    this.parent = parent;
    this.site = site;
    this.n = n;
    this.attempt = parent === null ? 1 : parent.attempt;
  }

  /** The root of a run. */
  static root(runId: string): Scope {
    const root = new Scope(null, -1, 0);
    root.#hash = hash128(new TextEncoder().encode(`run ${runId}`));
    return root;
  }

  /** The next node of this site. */
  child(site: number): Scope {
    return new Scope(this, site, this.#count(site));
  }

  #count(site: number): number {
    if (this.firstSite === site) return this.firstCount++;
    if (this.firstSite < 0) {
      this.firstSite = site;
      this.firstCount = 1;
      return 0;
    }
    this.counts ??= new Map();
    const n = this.counts.get(site) ?? 0;
    this.counts.set(site, n + 1);
    return n;
  }

  /** S2: another attempt. */
  restart(keepIdentities: boolean): void {
    if (!keepIdentities) return this.#grow();
    this.firstSite = -1;
    this.firstCount = 0;
    this.counts = null;
    this.#grow();
  }

  #grow(): void {
    this.attempt++;
    for (let scope = this.parent; scope !== null; scope = scope.parent) scope.attempt++;
  }

  /** 32 hex digits. */
  id(sites: readonly string[]): string {
    return hex(this.hash(sites));
  }

  hash(sites: readonly string[]): Uint32Array {
    if (this.#hash !== null) return this.#hash;
    const path: Scope[] = [];
    for (let at = this.parent as Scope; at.#hash === null; at = at.parent as Scope) path.push(at);
    for (let node = path.pop(); node !== undefined; node = path.pop()) node.#mix(sites);
    return this.#mix(sites);
  }

  /** With the parent's hash known. */
  #mix(sites: readonly string[]): Uint32Array {
    this.#hash = hashNode((this.parent as Scope).#hash as Uint32Array, siteHash(sites, this.site), this.n);
    return this.#hash;
  }

  /** For snapshots: the root's own hash. */
  static rootOf(hash: Uint32Array): Scope {
    const root = new Scope(null, -1, 0);
    root.#hash = hash;
    return root;
  }
}

const hashes: WeakMap<readonly string[], Uint32Array[]> = new WeakMap();

function siteHash(sites: readonly string[], site: number): Uint32Array {
  let table = hashes.get(sites);
  if (table === undefined) hashes.set(sites, (table = []));
  return (table[site] ??= hash128(new TextEncoder().encode(sites[site] ?? "")));
}
