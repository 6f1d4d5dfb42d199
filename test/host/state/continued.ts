/** A saved instance and one that is made of what was saved, asked the same. */
import { expect } from "vitest";

import { Fault } from "../../../src/fault.ts";
import type { Instance, InstanceOptions, Plugin } from "../../../src/host/plugin.ts";
import type { FunctionKey } from "../../../src/wit/types.ts";
import type { Value } from "../../../src/wit/value.ts";

export type Call = readonly [fn: FunctionKey, args: readonly Value[]];

/** The answer, or the code of the fault. */
export async function answerOf(instance: Instance, [fn, args]: Call): Promise<unknown> {
  try {
    return await instance.call(fn, args);
  } catch (thrown) {
    if (thrown instanceof Fault) return { fault: thrown.code };
    throw thrown;
  }
}

export async function answersOf(instance: Instance, calls: readonly Call[]): Promise<readonly unknown[]> {
  const answers: unknown[] = [];
  for (const call of calls) answers.push(await answerOf(instance, call));
  return answers;
}

/** What was saved, which has to be something. */
export async function stateOf(instance: Instance): Promise<Uint8Array> {
  const state = await instance.save?.();
  if (state instanceof Uint8Array) return state;
  throw new Error(`nothing was saved: ${state}`);
}

/** Saves after some calls; the original and the other instance answer the others alike, and their states are the same. */
export async function expectContinued(
  plugin: Plugin,
  options: InstanceOptions,
  before: readonly Call[],
  after: readonly Call[],
  other: Partial<InstanceOptions> = {},
): Promise<void> {
  await using original = await plugin.instantiate(options);
  await answersOf(original, before);
  const state = await stateOf(original);
  await using restored = await plugin.instantiate({ ...options, ...other, state });
  expect(await stateOf(restored)).toEqual(state);
  expect(await answersOf(restored, after)).toEqual(await answersOf(original, after));
}

/** The code of the fault that an instance fails to start with. */
export async function refusalOf(plugin: Plugin, options: InstanceOptions): Promise<string> {
  try {
    await using started = await plugin.instantiate(options);
    return started.alive ? "started" : "dead";
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown.code;
    throw thrown;
  }
}
