/**
 * What a required package offers: its exports under the names a program uses (rule 24).
 *
 *   P1  A function or type of the world itself is `f`; one of an interface is `iface.f`, and also `f` where that is unique.
 *   P2  A resource brings its constructor, methods and static functions; they are found through the resource itself.
 */
import type { CheckEnvironment, FoundPackage, Program } from "./context.ts";
import type { Entity, ForeignFunction, Members, PackageInfo, ResourceInfo } from "./entities.ts";
import { ANY } from "./infer-types.ts";
import { sennitName, shortInterface, WitTypes } from "./wit-types.ts";
import { couldUnify } from "./unify.ts";
import { functionKey } from "../../wit/types.ts";
import type { Resource, WitFunction, WitInterface, WitType, World } from "../../wit/types.ts";

type Loaded = Extract<FoundPackage, { readonly world: World }>;

/** Makes a package known to the program, once per specifier. */
export function addPackage(program: Program, specifier: string, found: Loaded): PackageInfo {
  const index = program.packages.length;
  program.packages.push({ specifier, name: found.name, world: found.world });
  const reader = new PackageReader(found, index);
  const members = reader.members();
  for (const [resource, info] of reader.resources()) program.resources.set(resource, info);
  return { name: found.name, index, stateless: found.stateless, members };
}

interface ResourceParts {
  create: ForeignFunction | null;
  readonly methods: Map<string, ForeignFunction>;
  readonly statics: Map<string, ForeignFunction>;
}

class PackageReader {
  readonly #package: Loaded;
  readonly #index: number;
  readonly #types: WitTypes;
  readonly #pure: boolean;
  readonly #resources = new Map<Resource, ResourceParts>();

  constructor(found: Loaded, index: number) {
    this.#package = found;
    this.#index = index;
    this.#types = new WitTypes(found.name);
    const { interfaces, functions } = found.world.imports;
    const reachesWorld = functions.size > 0 || [...interfaces.values()].some((i) => i.functions.size > 0);
    this.#pure = found.stateless && !reachesWorld;
  }

  members(): Members {
    const { imports, exports } = this.#package.world;
    // Types declared in the world itself are decoded as its imports: its exports refer to them.
    const types = new Map([...imports.types, ...exports.types]);
    const own = this.#side(types, exports.functions, null);
    const inner = [...exports.interfaces.values()].map((i) => ({
      name: shortInterface(i.id),
      members: this.#interface(i),
    }));
    const members = new Map(own);
    for (const { name, members: of } of inner) {
      if (!members.has(name)) members.set(name, { kind: "interface", interface: of, name });
    }
    for (const [name, offers] of grouped(inner)) {
      if (!members.has(name)) members.set(name, offers);
    }
    return members;
  }

  resources(): ReadonlyMap<Resource, ResourceInfo> {
    return this.#resources;
  }

  #interface(of: WitInterface): Members {
    return this.#side(of.types, of.functions, of.id);
  }

  #side(
    types: ReadonlyMap<string, WitType | Resource>,
    functions: ReadonlyMap<string, WitFunction>,
    interfaceId: string | null,
  ): Map<string, Entity> {
    const members = new Map<string, Entity>();
    for (const [name, type] of types) members.set(sennitName(name), this.#typeEntity(type));
    for (const [name, wit] of functions) this.#addFunction(members, functionKey(interfaceId, name), wit);
    return members;
  }

  #typeEntity(wit: WitType | Resource): Entity {
    if (wit.kind === "resource") {
      this.#partsOf(wit);
      return { kind: "resource", type: this.#types.resource(wit) };
    }
    const type = this.#types.of(wit);
    const isNominal =
      type.kind === "record" || type.kind === "variant" || type.kind === "enum" || type.kind === "flags";
    return isNominal ? { kind: "type", type } : { kind: "alias", type };
  }

  #addFunction(members: Map<string, Entity>, key: string, wit: WitFunction): void {
    const foreign = this.#foreign(key, wit);
    if (wit.resource === null) {
      members.set(foreign.name, { kind: "foreign", foreign });
      return;
    }
    const parts = this.#partsOf(wit.resource);
    if (wit.shape === "constructor") parts.create = foreign;
    else (wit.shape === "method" ? parts.methods : parts.statics).set(foreign.name, foreign);
  }

  #partsOf(resource: Resource): ResourceParts {
    const parts = this.#resources.get(resource) ?? { create: null, methods: new Map(), statics: new Map() };
    this.#resources.set(resource, parts);
    return parts;
  }

  #foreign(key: string, wit: WitFunction): ForeignFunction {
    return {
      name: sennitName(wit.name.replace(/^\[[^\]]*\]/, "").replace(/^[^.]*\./, "")),
      package: this.#index,
      packageName: this.#package.name,
      key,
      wit,
      ...signatureOf(wit, this.#types),
      stateless: this.#package.stateless,
      pure: this.#pure,
    };
  }
}

/** Names offered by interfaces: as they are where one offers them, else ambiguous. */
function grouped(interfaces: readonly { readonly name: string; readonly members: Members }[]): Map<string, Entity> {
  const offers = new Map<string, { entity: Entity; by: string[] }>();
  for (const { name: by, members } of interfaces) {
    for (const [name, entity] of members) {
      const offer = offers.get(name) ?? { entity, by: [] };
      // An interface that `use`s another's type offers the same type again: one name for it is enough.
      if (offer.by.length > 0 && isSameType(offer.entity, entity)) continue;
      offer.by.push(`${by}.${name}`);
      offers.set(name, offer);
    }
  }
  const chosen = ([name, { entity, by }]: [string, { entity: Entity; by: string[] }]): [string, Entity] =>
    by.length === 1 ? [name, entity] : [name, { kind: "ambiguous", offers: by }];
  return new Map([...offers].map(chosen));
}

function isSameType(a: Entity, b: Entity): boolean {
  if (a.kind !== b.kind) return false;
  if ((a.kind === "type" || a.kind === "alias") && (b.kind === "type" || b.kind === "alias")) {
    return couldUnify(a.type, b.type, true);
  }
  return a.kind === "resource" && b.kind === "resource" && a.type.resource === b.type.resource;
}

function signatureOf(wit: WitFunction, types: WitTypes): Pick<ForeignFunction, "params" | "result"> {
  return {
    params: wit.params.map((p) => ({ name: sennitName(p.name), ty: types.of(p.type) })),
    result: types.of(wit.result),
  };
}

/** A function of the embedding program. All of them are one package without specifier. */
export function embeddedFunction(
  program: Program,
  name: string,
  key: string,
  wit: WitFunction | null,
): ForeignFunction {
  const types = new WitTypes("program");
  return {
    name,
    package: embeddingPackage(program),
    packageName: "program",
    key,
    wit,
    ...(wit === null ? { params: [], result: ANY } : signatureOf(wit, types)),
    stateless: true,
    pure: false,
  };
}

function embeddingPackage(program: Program): number {
  const found = program.packages.findIndex((p) => p.specifier === null);
  if (found >= 0) return found;
  program.packages.push({ specifier: null, name: "program", world: embeddingWorld(program.env) });
  return program.packages.length - 1;
}

/** Its typed functions; of untyped ones each call says for itself what it takes. */
function embeddingWorld(env: CheckEnvironment): World {
  const none = { interfaces: new Map(), functions: new Map(), types: new Map() };
  const typed = [...env.functions].flatMap(([name, wit]): [string, WitFunction][] =>
    wit === null ? [] : [[name, wit]],
  );
  return { imports: none, exports: { ...none, functions: new Map(typed) } };
}
