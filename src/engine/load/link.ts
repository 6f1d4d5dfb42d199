/**
 * Which package's export answers which package's import, within one program.
 *
 *   L1  An imported interface is answered by the package that exports an interface of that name: the same version, or a
 *       compatible one. `sennit:host` and `wasi` are the host's.
 *   L2  A function that a world imports by itself is answered by a function of the embedding program of that name.
 *   L3  Providers do not form a circle: instances start providers first.
 *   L4  What a package uses of the user's (`host/offers.ts`) is answered by a provider of its own, under its own grants.
 */
import { Fault } from "../../fault.ts";
import type { World, FunctionKey } from "../../wit/types.ts";
import { functionKey } from "../../wit/types.ts";

export interface Linkable {
  readonly name: string;
  readonly world: World;
  /** True for the functions of the embedding program. */
  readonly embedder: boolean;
  /** What tells it from every other package, also from one with the same world. */
  readonly self?: object;
  /** The `self` of the one package that this provider answers (L4). Absent: it answers everybody. */
  readonly serves?: object;
}

export type Link = ReadonlyMap<FunctionKey, { readonly package: number; readonly function: FunctionKey }>;

/** The links of package `at`. What nobody provides is left out: the host says so when the package is instantiated. */
export function linkOf(at: number, packages: readonly Linkable[]): Link {
  const links = new Map<FunctionKey, { package: number; function: FunctionKey }>();
  const pack = packages[at];
  if (pack === undefined) return links;
  const { world } = pack;
  for (const [id, iface] of world.imports.interfaces) {
    if (isHostInterface(id)) continue;
    const provider = providerOf(id, packages, at);
    if (provider === null) continue;
    for (const name of iface.functions.keys()) {
      links.set(functionKey(id, name), { package: provider.package, function: functionKey(provider.id, name) });
    }
  }
  const embedder = packages.findIndex((pack) => pack.embedder);
  for (const name of world.imports.functions.keys()) {
    if (packages[embedder]?.world.exports.functions.has(name)) links.set(name, { package: embedder, function: name });
  }
  linkOffers(pack, packages, links);
  return links;
}

/** L4. By the keys of the import, and by those of the offer itself, which WASI's files and requests are made of. */
function linkOffers(
  { world, self }: Linkable,
  packages: readonly Linkable[],
  links: Map<FunctionKey, { package: number; function: FunctionKey }>,
): void {
  const provider = self === undefined ? -1 : packages.findIndex((pack) => pack.serves === self);
  const offered = [...(packages[provider]?.world.exports.interfaces ?? [])];
  for (const [id, { functions }] of offered) {
    const imported = [...world.imports.interfaces.keys()].filter((each) => isCompatible(each, id));
    for (const name of functions.keys()) {
      const to = { package: provider, function: functionKey(id, name) };
      for (const each of new Set([...imported, id])) links.set(functionKey(each, name), to);
    }
  }
}

export function isHostInterface(id: string): boolean {
  return id.startsWith("sennit:host/") || id.startsWith("wasi:");
}

/** The interfaces that a package imports and nobody provides yet. One of types alone needs nobody. */
export function missingInterfaces(at: number, packages: readonly Linkable[]): readonly string[] {
  const imported = [...(packages[at]?.world.imports.interfaces ?? [])];
  return imported
    .filter(
      ([id, { functions }]) => functions.size > 0 && !isHostInterface(id) && providerOf(id, packages, at) === null,
    )
    .map(([id]) => id);
}

/** Whether a package with this world can answer an import of the interface. */
export function provides(world: World, id: string): boolean {
  return [...world.exports.interfaces.keys()].some((offered) => isCompatible(id, offered));
}

export function providerOf(
  id: string,
  packages: readonly Linkable[],
  importer: number,
): { package: number; id: string } | null {
  const candidates = packages.flatMap((pack, index) =>
    index === importer || pack.serves !== undefined
      ? []
      : [...pack.world.exports.interfaces.keys()].map((exported) => ({ package: index, id: exported })),
  );
  return candidates.find((c) => c.id === id) ?? candidates.find((c) => isCompatible(id, c.id)) ?? null;
}

/** Same interface, and the version offered can stand for the one wanted (semver's caret rule). */
export function isCompatible(wanted: string, offered: string): boolean {
  const [wantedName, wantedVersion] = wanted.split("@");
  const [offeredName, offeredVersion] = offered.split("@");
  if (wantedName !== offeredName) return false;
  if (wantedVersion === undefined || offeredVersion === undefined) return true;
  const want = wantedVersion.split(/[.+-]/).map(Number);
  const offer = offeredVersion.split(/[.+-]/).map(Number);
  const fixed = want[0] === 0 ? (want[1] === 0 ? 3 : 2) : 1;
  if (want.slice(0, fixed).some((part, at) => part !== offer[at])) return false;
  for (let at = fixed; at < 3; at++) {
    if ((offer[at] ?? 0) !== (want[at] ?? 0)) return (offer[at] ?? 0) > (want[at] ?? 0);
  }
  return true;
}

/** @throws {Fault} `link-cycle` naming the circle (L3). */
export function refuseCycles(packages: readonly { readonly name: string; readonly imports: Link }[]): void {
  const done = new Set<number>();
  const visit = (at: number, way: readonly number[]): void => {
    if (way.includes(at)) {
      const names = [...way.slice(way.indexOf(at)), at].map((index) => packages[index]?.name ?? "?");
      throw new Fault("link-cycle", `These packages import each other in a circle: ${names.join(" → ")}`);
    }
    if (done.has(at)) return;
    for (const { package: next } of packages[at]?.imports.values() ?? []) visit(next, [...way, at]);
    done.add(at);
  };
  packages.forEach((_, at) => visit(at, []));
}
