/**
 * Drives a world's functions with generated values in each of its realisations, and compares bit for bit (I8).
 *
 *   D1  A value is named by seed, world and turn, so that any failure can be met again alone.
 *   D2  After a world, every realisation is alive and no handle of it is left.
 */
import { equalValues } from "../../../src/wit/equal.ts";
import type { Value } from "../../../src/wit/value.ts";
import { difference } from "./difference.ts";
import {
  exportsOf,
  type GeneratedFunction,
  type GeneratedInterface,
  type GeneratedWorld,
  type Placed,
} from "./model.ts";
import { Random } from "./random.ts";
import type { Realisation } from "./realise.ts";
import { ResourceRun } from "./resource-run.ts";
import { randomValue, show } from "./values.ts";

export interface Drive {
  /** Sets of arguments for the world's functions, by turns. */
  readonly values: number;
  /** Takes what went wrong: throws it, or notes it. */
  readonly failed: (failure: Failure) => void;
}

/** Everything that is needed to see a failure again. */
export interface Failure {
  readonly world: GeneratedWorld;
  readonly realisation: string;
  readonly function: string;
  readonly message: string;
}

/** Gives how many sets of arguments were tried. */
export async function drive(
  world: GeneratedWorld,
  realisations: readonly Realisation[],
  { values, failed }: Drive,
): Promise<number> {
  const functions = exportsOf(world).filter(({ fn }) => fn.does.kind === "echo" || fn.does.kind === "via");
  for (let turn = 0; turn < values; turn++) {
    const placed = functions[turn % functions.length];
    if (placed !== undefined) await driveFunction(world, placed, turn, realisations, failed);
  }
  let tried = values;
  for (const iface of world.interfaces.filter((each) => each.exported)) {
    tried += await driveResources(world, iface, realisations, failed);
  }
  return tried;
}

async function driveFunction(
  world: GeneratedWorld,
  placed: Placed,
  turn: number,
  realisations: readonly Realisation[],
  failed: Drive["failed"],
): Promise<void> {
  const { key, fn } = placed;
  const random = new Random(world.seed, world.number, turn + 1);
  const args = fn.params.map((param) => randomValue(param.type, random));
  const answer = fn.params.length === 0 && fn.result !== null ? randomValue(fn.result.type, random) : null;
  const wanted = fn.result === null || fn.params.length === 0 ? answer : args.length === 1 ? (args[0] ?? null) : args;
  for (const realisation of realisations) {
    const { host, instance } = realisation;
    if (!instance.alive || realisation.leaves.has(key)) continue;
    host.planned = answer;
    host.seen = null;
    const message = await wrongWith(placed, realisation, args, wanted);
    if (message === null) continue;
    failed({
      world,
      realisation: realisation.name,
      function: key,
      message: `turn ${turn}: ${message}\nfor ${show(args)}`,
    });
  }
}

/** Calls the function. What is wrong with its answer, or with what reached the host; null when nothing is. */
async function wrongWith(
  { key, fn }: Placed,
  realisation: Realisation,
  args: readonly Value[],
  wanted: Value,
): Promise<string | null> {
  const { host, instance } = realisation;
  let got: Value;
  try {
    const answered = instance.call(key, args);
    got = answered instanceof Promise ? await answered : answered;
  } catch (thrown) {
    return `failed: ${String(thrown)}`;
  }
  const other = fn.result === null ? undefined : difference(fn.result.type, got, wanted);
  if (other !== undefined) return `came back otherwise at ${other}`;
  if (fn.result === null && got !== null) return `gave ${show(got)} where nothing is given`;
  const { seen } = host;
  if (seen !== null && !sameArguments(fn, seen, args)) return `reached the host as ${show(seen)}`;
  return fn.does.kind === "via" && seen === null && hasImports(realisation) ? "did not reach the host" : null;
}

/** X1 of exceptions.ts. */
function hasImports({ plugin }: Realisation): boolean {
  return plugin.manifest.language !== "javascript";
}

function sameArguments({ params }: GeneratedFunction, a: readonly Value[], b: readonly Value[]): boolean {
  return params.every(({ type }, at) => equalValues(type, a[at] ?? null, b[at] ?? null));
}

/** The resources of an interface, made, used, passed and let go. Gives how many calls that took. */
async function driveResources(
  world: GeneratedWorld,
  iface: GeneratedInterface,
  realisations: readonly Realisation[],
  failed: Drive["failed"],
): Promise<number> {
  let tried = 0;
  for (const realisation of realisations.filter((each) => each.instance.alive)) {
    const run = new ResourceRun(world, iface, realisation);
    try {
      if (run.can("tally", "new")) await run.tallies();
      if (run.can("thing", "make")) await run.things();
    } catch (thrown) {
      failed({ world, realisation: realisation.name, function: run.last, message: String(thrown) });
    }
    tried = Math.max(tried, run.calls);
  }
  return tried;
}
