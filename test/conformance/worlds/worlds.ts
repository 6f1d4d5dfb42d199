/** Runs worlds by numbers in every language, and says of a failure how to see it again. */
import { drive, type Failure } from "./driver.ts";
import { misread } from "./decoded.ts";
import { generateWorld } from "./generate.ts";
import type { GeneratedWorld } from "./model.ts";
import { type Language, LANGUAGES, type Realisation, realiseComponent, realiseTogether } from "./realise.ts";
import { witText } from "./text.ts";

export interface Run {
  readonly seed: number;
  /** The first world's number. */
  readonly from: number;
  /** How many worlds; those of a run share one package in each language but WebAssembly. */
  readonly count: number;
  /** Sets of arguments for each world; resources come besides. */
  readonly values: number;
  readonly languages?: readonly Language[];
}

/** Most worlds of one run: beyond, names of the worlds' own functions would meet. */
export const MOST_WORLDS = 50;

/**
 * Gives how many sets of arguments were tried, each in every realisation.
 *
 * @throws when a value came back otherwise, a handle is left, or an instance died
 */
export async function runWorlds(run: Run): Promise<number> {
  const { seed, from, count, values, languages = LANGUAGES } = run;
  if (count > MOST_WORLDS) throw new Error(`a run has at most ${MOST_WORLDS} worlds`);
  const worlds = Array.from({ length: count }, (_, at) => generateWorld(seed, from + at));
  const failed = (failure: Failure): never => {
    throw new Error(report(failure, run));
  };
  const together = await realiseTogether(worlds, languages);
  let tried = 0;
  try {
    for (const world of worlds) {
      const own = languages.includes("component") ? await realiseComponent(world) : [];
      try {
        checkReading(world, [...together, ...own], failed);
        tried += await drive(world, [...own, ...together], { values, failed });
        checkAlive(world, [...together, ...own], failed);
      } finally {
        for (const each of own) await each[Symbol.asyncDispose]();
      }
    }
  } finally {
    for (const each of together) await each[Symbol.asyncDispose]();
  }
  return tried;
}

type Failed = (failure: Failure) => never;

function checkReading(world: GeneratedWorld, realisations: readonly Realisation[], failed: Failed): void {
  for (const { name, plugin, leaves } of realisations) {
    const [wrong] = misread(world, plugin.world, (key) => !leaves.has(key));
    if (wrong !== undefined) failed({ world, realisation: name, function: "the decoder", message: wrong });
  }
}

function checkAlive(world: GeneratedWorld, realisations: readonly Realisation[], failed: Failed): void {
  for (const { name, instance } of realisations) {
    if (!instance.alive) failed({ world, realisation: name, function: "the instance", message: "is not alive" });
  }
}

function report({ world, realisation, function: key, message }: Failure, { seed, from, count, values }: Run): string {
  const again = (first: number, worlds: number): string =>
    `SENNIT_LONG=1 SENNIT_SEED=${seed} SENNIT_FROM=${first} SENNIT_WORLDS=${worlds} SENNIT_VALUES=${values} ` +
    `SENNIT_COUNT=1 npx vitest run test/conformance/worlds/long.test.ts`;
  return [
    `world ${world.number} of seed ${seed}, ${realisation}, ${key}: ${message}`,
    `again, alone: ${again(world.number, 1)}`,
    `again, in its company: ${again(from, count)}`,
    witText([reduced(world, key)]),
  ].join("\n");
}

/** The world without the functions that have nothing to do with it, for people to read. */
function reduced(world: GeneratedWorld, key: string): GeneratedWorld {
  const [id, name] = key.includes("#") ? key.split("#") : [null, key];
  const failing = world.interfaces.find((each) => each.id === id);
  const does = failing?.functions.find((fn) => fn.name === name)?.does;
  const via = does?.kind === "via" ? does.interface : undefined;
  const kept = (each: GeneratedWorld["interfaces"][number]): GeneratedWorld["interfaces"][number] => {
    const functions = each.functions.filter(
      (fn) => fn.resource !== null || (each.id === id && fn.name === name) || each.id === via,
    );
    return { ...each, functions: does === undefined ? each.functions : functions };
  };
  return { ...world, interfaces: world.interfaces.map(kept) };
}
