/** Makes the world of a seed and a number: always the same one. */
import type {
  GeneratedFunction,
  GeneratedInterface,
  GeneratedResource,
  GeneratedWorld,
  Param,
  Typed,
} from "./model.ts";
import { Random } from "./random.ts";
import { fn, tallyExports, thingExports, thingImports, usedThing } from "./resources.ts";
import { define, randomType, resultOf, Scope, tupleOf } from "./types.ts";
import { Labels, spelt, WORDS } from "./words.ts";

const INTERFACES =
  `types api host echo class store HTTP-server a-b aB a1-b2 none true self def json random world exports imports
  sennit end lambda list`.split(/\s+/);
/** Versions that no toolchain merges with each other. */
const VERSIONS = ["1.0.0", "2.0.0", "0.1.0", "0.2.3", "3.0.0-rc.1"] as const;

export function generateWorld(seed: number, number: number): GeneratedWorld {
  const random = new Random(seed, number);
  const names = new Labels(random);
  const labels = [0, 1, 2, 3, 4].map(() => interfaceLabel(random, names));
  const versions = random.chance(35) ? distinctVersions(random) : [random.pick(VERSIONS)];
  const libraries = versions.map((version) => library(random, `w${number}:${packageName(number)}@${version}`, labels));
  const interfaces = libraries.flat();
  const imported = random.chance(30) ? [mirrored(random, `w${number}:lib@9.9.9`, interfaceLabel(random, names))] : [];
  const inline = random.chance(20) ? [inlined(random, `in-line-${number}`)] : [];
  return {
    seed,
    number,
    interfaces: [...interfaces, ...imported, ...inline],
    ...ownFunctions(random, number),
    core: { encoding: random.pick(["utf8", "utf8", "utf16", "compact-utf16"]), postReturn: random.chance(70) },
    waits: random.chance(25),
  };
}

function packageName(number: number): string {
  return ["lib", "a-b", "none", "types"][number % 4] ?? "lib";
}

function interfaceLabel(random: Random, names: Labels): string {
  for (;;) {
    const label = random.pick(INTERFACES);
    if (/^(?:[a-z][a-z0-9]*|[A-Z][A-Z0-9]*)(?:-(?:[a-z][a-z0-9]*|[A-Z][A-Z0-9]*))*$/.test(label) && names.take(label))
      return label;
  }
}

function distinctVersions(random: Random): string[] {
  const first = random.below(VERSIONS.length);
  const second = (first + 1 + random.below(VERSIONS.length - 1)) % VERSIONS.length;
  return [VERSIONS[first] ?? "1.0.0", VERSIONS[second] ?? "2.0.0"];
}

/** The interfaces of one package: types, more types, what the host gives, what the guest gives. */
function library(random: Random, pkg: string, labels: readonly string[]): GeneratedInterface[] {
  const [types = "", more = "", host = "", echo = ""] = labels;
  const first = typesInterface(random, pkg, types, []);
  const second = random.chance(50) ? [typesInterface(random, pkg, more, [first])] : [];
  const sources = [first, ...second];
  const uses = chosenUses(random, sources);
  const vias = new Scope(random);
  applyUses(vias, uses);
  const thing = random.chance(50) ? resourceIn(pkg, host, vias.labels.nextType()) : null;
  const viaFunctions = Array.from({ length: random.between(2, 3) }, () => viaFunction(random, vias));
  const given = plain(pkg, host, {
    lines: vias.lines,
    functions: [...viaFunctions, ...(thing === null ? [] : thingImports(random, thing))],
    resource: thing,
    imported: true,
  });
  const users = exportedInterface(random, pkg, echo, { uses, given, viaFunctions });
  return [...sources.map((each) => each.iface), given, users];
}

interface Source {
  readonly iface: GeneratedInterface;
  readonly named: readonly Typed[];
}

function typesInterface(random: Random, pkg: string, name: string, sources: readonly Source[]): Source {
  const scope = new Scope(random);
  applyUses(scope, chosenUses(random, sources));
  const used = scope.named.length;
  const count = random.between(2, 6);
  for (let n = 0; n < count; n++) define(random, scope);
  return { iface: plain(pkg, name, { lines: scope.lines }), named: scope.named.slice(used) };
}

function plain(pkg: string, name: string, parts: Partial<GeneratedInterface>): GeneratedInterface {
  const [path = "", version = ""] = pkg.split("@");
  return {
    id: `${path}/${name}@${version}`,
    package: pkg,
    name,
    lines: [],
    resource: null,
    functions: [],
    imported: false,
    exported: false,
    ...parts,
  };
}

interface Use {
  readonly from: string;
  readonly typed: Typed;
  readonly alias: string | null;
}

function chosenUses(random: Random, sources: readonly Source[]): Use[] {
  const fresh = new Labels(random);
  const all = sources.flatMap(({ iface, named }) => named.map((typed) => ({ from: spelt(iface.name), typed })));
  return all.flatMap(({ from, typed }): Use[] => {
    if (random.chance(25)) return [];
    const bare = typed.text.replace("%", "");
    if (random.chance(60) && fresh.take(bare)) return [{ from, typed, alias: null }];
    return [{ from, typed, alias: fresh.nextType() }];
  });
}

function applyUses(scope: Scope, uses: readonly Use[]): void {
  for (const { from, typed, alias } of uses) {
    const text = alias === null ? typed.text : spelt(alias);
    scope.labels.take(text.replace("%", ""));
    scope.lines.push(`use ${from}.{${typed.text}${alias === null ? "" : ` as ${text}`}};`);
    scope.named.push({ text, type: typed.type });
  }
}

interface ExportParts {
  readonly uses: readonly Use[];
  readonly given: GeneratedInterface;
  readonly viaFunctions: readonly GeneratedFunction[];
}

function exportedInterface(random: Random, pkg: string, name: string, parts: ExportParts): GeneratedInterface {
  const { uses, given, viaFunctions } = parts;
  const scope = new Scope(random);
  applyUses(scope, uses);
  const thing = given.resource === null ? null : usedThing(scope, given);
  const count = random.between(0, 3);
  for (let n = 0; n < count; n++) define(random, scope);
  const tally = random.chance(60) ? resourceIn(pkg, name, scope.labels.nextType()) : null;
  const vias = viaFunctions.map((fn) => ({
    ...fn,
    name: scope.labels.next(),
    params: renamed(random, fn.params),
    does: { kind: "via", interface: given.id, name: fn.name } as const,
  }));
  const functions = [
    ...echoes(random, scope),
    ...vias,
    ...(thing === null ? [] : thingExports(random, scope, thing)),
    ...(tally === null ? [] : tallyExports(random, scope, tally)),
  ];
  return plain(pkg, name, { lines: scope.lines, functions, resource: tally, exported: true });
}

function renamed(random: Random, params: readonly Param[]): Param[] {
  const labels = new Labels(random);
  return params.map((param) => ({ ...param, name: labels.next() }));
}

/** An interface that the guest both imports and exports: each function asks its twin. */
function mirrored(random: Random, pkg: string, name: string): GeneratedInterface {
  const scope = new Scope(random);
  const count = random.between(0, 3);
  for (let n = 0; n < count; n++) define(random, scope);
  const bare = plain(pkg, name, { lines: scope.lines, imported: true, exported: true });
  const functions = [0, 1]
    .map(() => viaFunction(random, scope))
    .map((fn): GeneratedFunction => {
      return { ...fn, does: { kind: "via", interface: bare.id, name: fn.name } };
    });
  return { ...bare, functions };
}

/** An interface that is written in the world. */
function inlined(random: Random, name: string): GeneratedInterface {
  const scope = new Scope(random);
  define(random, scope);
  const bare = plain("inline@", name, { lines: scope.lines, functions: echoes(random, scope), exported: true });
  return { ...bare, id: name, package: null };
}

/** What stands in the world itself: types, functions that it imports and exports, sometimes under one name. */
function ownFunctions(random: Random, number: number): Pick<GeneratedWorld, "lines" | "imports" | "exports"> {
  if (random.chance(30)) return { lines: [], imports: [], exports: [] };
  const scope = new Scope(random, `own-${number}-`);
  const count = random.between(0, 3);
  for (let n = 0; n < count; n++) define(random, scope);
  const name = (at: number): string => WORDS[(number * 3 + at) % WORDS.length] ?? "f";
  const one = { ...viaFunction(random, scope), name: name(0) };
  const twin: GeneratedFunction = { ...one, does: { kind: "via", interface: null, name: one.name } };
  const via = random.chance(50) ? twin : { ...twin, name: name(1) };
  return { lines: scope.lines, imports: [one], exports: [via, { ...echo(random, scope), name: name(2) }] };
}

function echoes(random: Random, scope: Scope): GeneratedFunction[] {
  const many = random.chance(50) ? [tuple(random, scope, 9, 20, 1)] : [];
  const nothing = random.chance(30) ? [fn(scope.labels.next(), [], null, { kind: "echo" })] : [];
  const single = Array.from({ length: random.between(3, 5) }, () => echo(random, scope));
  return [...single, tuple(random, scope, 2, 6, 3), ...many, ...nothing];
}

function echo(random: Random, scope: Scope): GeneratedFunction {
  const typed = random.chance(12) ? anyResult(random, scope) : randomType(random, scope);
  return fn(scope.labels.next(), [{ ...typed, name: new Labels(random).next() }], typed, { kind: "echo" });
}

function anyResult(random: Random, scope: Scope): Typed {
  const part = (): Typed | null => (random.chance(70) ? randomType(random, scope, 2) : null);
  return resultOf(part(), part());
}

function tuple(random: Random, scope: Scope, least: number, most: number, depth: number): GeneratedFunction {
  const labels = new Labels(random);
  const params = Array.from({ length: random.between(least, most) }, () => {
    return { ...randomType(random, scope, depth), name: labels.next() };
  });
  return fn(scope.labels.next(), params, tupleOf(params), { kind: "echo" });
}

/** What the host gives: an echo, a tuple of many, a result without arguments, or arguments without a result. */
function viaFunction(random: Random, scope: Scope): GeneratedFunction {
  switch (random.below(6)) {
    case 0:
      return random.chance(50) ? tuple(random, scope, 2, 6, 3) : tuple(random, scope, 6, 18, 1);
    case 1:
      return fn(scope.labels.next(), [], randomType(random, scope), { kind: "echo" });
    case 2:
      return { ...tuple(random, scope, 1, 4, 3), result: null };
    default:
      return echo(random, scope);
  }
}

function resourceIn(pkg: string, iface: string, label: string): GeneratedResource {
  const { id } = plain(pkg, iface, {});
  return { label, resource: { kind: "resource", name: { interface: id, name: label } } };
}
