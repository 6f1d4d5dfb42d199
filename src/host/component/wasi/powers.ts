/**
 * What the engine performs for an instance's WASI: files, http and variables, through the functions of `sennit:host` that
 * are given to the instance like any other import.
 *
 *   Q1  The engine performs and judges; nothing here opens, connects or reads anything. So WASI is the same at every
 *       isolation level.
 *   Q2  A package has what its manifest wants and what was given, and nothing else (I6). With neither its WASI is
 *       synchronous, and costs what it costs without any of this.
 *   Q3  What the engine answers is checked before it is used.
 */
import type { FunctionKey, WitInterface, World } from "../../../wit/types.ts";
import { CaseValue, OK } from "../../../wit/value.ts";
import { valueCheck } from "../../check-arguments.ts";
import { withoutVersion } from "../../names.ts";
import { OFFERS } from "../../offers.ts";
import type { InstanceOptions } from "../../plugin.ts";
import { Files } from "./files/files.ts";
import type { Ask } from "./ask.ts";
import { isWasi } from "./interfaces.ts";

export interface Powers {
  readonly files: Files | null;
  /** `send` of `sennit:host/http`. */
  readonly http: Ask | null;
  readonly environment: readonly (readonly [name: string, value: string])[];
  /** Whether WASI's functions may have to wait for the engine. */
  readonly asks: boolean;
}

export const NO_POWERS: Powers = { files: null, http: null, environment: [], asks: false };

const FILES = OFFERS.files.interface;
const HTTP = OFFERS.http.interface;
const ENV = OFFERS.env.interface;

/** Which interface of WASI is made of which of `sennit:host`, and what a package says that wants it. */
const NEEDS = [
  { wasi: "wasi:filesystem/preopens", host: FILES, kind: "fs:" },
  { wasi: "wasi:http/outgoing-handler", host: HTTP, kind: "net:" },
  { wasi: "wasi:cli/environment", host: ENV, kind: "env:" },
] as const;

/**
 * The same world, which imports also what its WASI needs of `sennit:host`: both sides of an instance that runs elsewhere
 * number their imports by it. None of these has to be given.
 *
 * @param wants of the package's manifest (Q2)
 */
export function withWasiPowers(world: World, wants: readonly string[]): World {
  const needed = neededOf(world, wants);
  if (needed.length === 0) return world;
  const interfaces = new Map(world.imports.interfaces);
  for (const each of needed) interfaces.set(each.id, joined(interfaces.get(each.id), each));
  return { ...world, imports: { ...world.imports, interfaces } };
}

/** A component that imports the interface by itself declares only what it uses of it. */
function joined(own: WitInterface | undefined, needed: WitInterface): WitInterface {
  if (own === undefined) return needed;
  return {
    id: own.id,
    types: new Map([...needed.types, ...own.types]),
    functions: new Map([...own.functions, ...[...needed.functions].filter(([name]) => !own.functions.has(name))]),
  };
}

function neededOf({ imports }: World, wants: readonly string[]): readonly WitInterface[] {
  const imported = new Set([...imports.interfaces.keys()].filter(isWasi).map(withoutVersion));
  const wanted = NEEDS.filter(({ kind }) => wants.some((each) => each.startsWith(kind)));
  return wanted.flatMap(({ wasi, host }) => (imported.has(wasi) ? [host] : []));
}

/**
 * What an instance of the world is given of it. Asks the engine for what WASI answers without waiting.
 *
 * @param wants of the package's manifest (Q2): there, too, are the names of variables
 */
export async function powersOf(world: World, wants: readonly string[], options: InstanceOptions): Promise<Powers> {
  const needed = neededOf(world, wants);
  const given = (host: WitInterface): Ask | null => (needed.includes(host) ? askerOf(host, options) : null);
  const [ofFiles, http, ofEnv] = [given(FILES), given(HTTP), given(ENV)];
  if (ofFiles === null && http === null && ofEnv === null) return NO_POWERS;
  const [files, environment] = await Promise.all([
    ofFiles === null ? null : Files.granted(ofFiles),
    ofEnv === null ? [] : variables(ofEnv, wants),
  ]);
  return { files, http, environment, asks: files !== null || http !== null };
}

/** Null when any function is not given: half a power is none. */
function askerOf(host: WitInterface, { imports }: InstanceOptions): Ask | null {
  const keyOf = (name: string): FunctionKey => `${host.id}#${name}`;
  if (![...host.functions.keys()].every((name) => imports.has(keyOf(name)))) return null;
  const checks = new Map(
    [...host.functions].map(([name, { result }]) => [
      name,
      result === null ? () => {} : valueCheck(`answer of ${keyOf(name)}`, result),
    ]),
  );
  return async (name, args) => {
    const answer = (await imports.get(keyOf(name))?.call(args)) ?? null;
    checks.get(name)?.(answer); // Q3
    return answer;
  };
}

/** Those that the package names, that were granted, and that are set. */
async function variables(ask: Ask, wants: readonly string[]): Promise<Powers["environment"]> {
  const names = [...new Set(wants.flatMap((each) => (each.startsWith("env:") ? [each.slice(4)] : [])))];
  const found = await Promise.all(names.map((name) => ask("get", [name])));
  return names.flatMap((name, at) => {
    const answer = found[at];
    const value = answer instanceof CaseValue && answer.index === OK ? answer.payload : null;
    return typeof value === "string" ? [[name, value] as const] : [];
  });
}
