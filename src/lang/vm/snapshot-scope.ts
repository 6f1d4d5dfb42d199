/** The tree of effect scopes: each once, parents first. */
import { Scope } from "./identity.ts";
import { ByteWriter, malformed } from "../ir/ir-bytes.ts";
import type { ByteReader } from "../ir/ir-bytes.ts";

export class ScopeWriter {
  readonly #bytes = new ByteWriter();
  readonly #numbers = new Map<Scope, number>();

  add(scope: Scope): number {
    const path: Scope[] = [];
    for (let at: Scope | null = scope; at !== null && !this.#numbers.has(at); at = at.parent) path.push(at);
    for (let next = path.pop(); next !== undefined; next = path.pop()) this.#write(next);
    return this.#numbers.get(scope) as number;
  }

  #write(scope: Scope): void {
    const out = this.#bytes;
    const { parent } = scope;
    out.bool(parent !== null);
    if (parent === null) for (const word of scope.hash([])) out.uint(word);
    else {
      out.uint(this.#numbers.get(parent) as number);
      out.uint(scope.site);
      out.uint(scope.n);
    }
    out.uint(scope.attempt);
    out.int(scope.firstSite);
    out.uint(scope.firstCount);
    out.list([...(scope.counts ?? [])], ([site, count]) => (out.uint(site), out.uint(count)));
    this.#numbers.set(scope, this.#numbers.size);
  }

  finish(out: ByteWriter): void {
    out.uint(this.#numbers.size);
    out.raw(this.#bytes.finish());
  }
}

export function readScopes(input: ByteReader, sites: number): Scope[] {
  const count = input.count();
  const scopes: Scope[] = [];
  for (let i = 0; i < count; i++) scopes.push(readScope(input, scopes, sites));
  return scopes;
}

function readScope(input: ByteReader, scopes: readonly Scope[], sites: number): Scope {
  const scope = input.bool()
    ? new Scope(scopes[input.index(scopes.length, "the scope")] as Scope, input.index(sites, "the site"), input.uint())
    : Scope.rootOf(Uint32Array.from({ length: 4 }, () => input.index(2 ** 32, "the word")));
  scope.attempt = input.uint();
  scope.firstSite = input.int();
  scope.firstCount = input.uint();
  if (scope.firstSite < -1 || scope.firstSite >= sites) throw malformed("a count is of no site");
  const counts = input.list((): [number, number] => [input.index(sites, "the site"), input.uint()]);
  if (counts.length > 0) scope.counts = new Map(counts);
  return scope;
}
