/**
 * What a package uses of the user's: which interfaces its provider has to answer, and what is wrong with how it says so.
 *
 *   U1  A world that imports such an interface says in its manifest what it wants of it: else nobody could be asked to grant
 *       it, and every call would be denied.
 *   U2  An interface is imported as the contract has it: what was compiled against another would misread the answers.
 */
import { Fault } from "../../fault.ts";
import { parseCapability } from "../../host/capability.ts";
import type { Capability } from "../../host/capability.ts";
import type { Manifest } from "../../host/manifest.ts";
import { offerOf, OFFERS } from "../../host/offers.ts";
import type { OfferName } from "../../host/offers.ts";
import { formatWorld } from "../../wit/text.ts";
import type { WitInterface, World } from "../../wit/types.ts";
import { isCompatible } from "./link.ts";

/** WASI's interfaces whose functions are made of ours. */
const BEHIND: readonly (readonly [prefix: string, name: OfferName])[] = [
  ["wasi:filesystem/", "files"],
  ["wasi:http/", "http"],
  ["wasi:cli/environment", "env"],
];

/**
 * What the provider of a package with this world answers. WASI's files and requests are there for one that was granted some:
 * many a language's runtime imports them without ever using them.
 *
 * @param granted whether the package was granted a capability of the kind
 */
export function offersOf(world: World, granted: (kind: Capability["kind"]) => boolean): readonly OfferName[] {
  const ids = [...world.imports.interfaces.keys()];
  return (Object.keys(OFFERS) as OfferName[]).filter((name) => {
    const { interface: offered, kind } = OFFERS[name];
    if (ids.some((id) => isCompatible(id, offered.id))) return true;
    return granted(kind) && BEHIND.some(([prefix, of]) => of === name && ids.some((id) => id.startsWith(prefix)));
  });
}

/** @throws {Fault} `manifest-incomplete`, `link-failed` (U1, U2) */
export function assertUsable(world: World, { name, wants }: Manifest): void {
  const asked = new Set(wants.map((want) => parseCapability(want).kind));
  const silent: string[] = [];
  for (const [id, declared] of world.imports.interfaces) {
    const offer = offerOf(id);
    if (offer === null) continue;
    assertAsOffered(declared, offer.interface, name);
    if (!asked.has(offer.kind)) silent.push(`\`${id}\` (such as \`${offer.example}\`)`);
  }
  if (silent.length === 0) return;
  throw new Fault(
    "manifest-incomplete",
    `${name} imports ${silent.join(", ")}, and its manifest asks for nothing of that kind`,
    {
      source: name,
      hint: "Add what it uses to `wants` in its manifest",
    },
  );
}

/** U2. Tools leave out what a component does not use. */
function assertAsOffered(declared: WitInterface, offered: WitInterface, source: string): void {
  const { id } = declared;
  if (!isCompatible(id, offered.id)) {
    throw new Fault("link-failed", `${source} imports ${id}, and this host has ${offered.id}`, { source });
  }
  const part = <T>(all: ReadonlyMap<string, T>, of: ReadonlyMap<string, unknown>): ReadonlyMap<string, T> =>
    new Map([...of.keys()].flatMap((name) => (all.has(name) ? [[name, all.get(name) as T] as const] : [])));
  const same = {
    id,
    types: part(offered.types, declared.types),
    functions: part(offered.functions, declared.functions),
  };
  if (textOf(declared) === textOf(same).replaceAll(offered.id, id)) return;
  throw new Fault("link-failed", `${source} imports ${id} with other types than it has`, {
    source,
    hint: "Copy its WIT as this host has it",
  });
}

/** A line for each type and function, in no order of theirs. */
function textOf(iface: WitInterface): string {
  const nothing = { functions: new Map(), types: new Map() };
  const imports = { ...nothing, interfaces: new Map([[iface.id, iface]]) };
  const text = formatWorld({ imports, exports: { ...nothing, interfaces: new Map() } });
  return text.split("\n").toSorted().join("\n");
}
