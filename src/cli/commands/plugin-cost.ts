/**
 * What a call costs, in units of metered code: the same every time, on every machine.
 *
 *   Nothing that differs from time to time reaches the guest: its seed is zeros, its clock stands still, and sleeping
 *   takes no time.
 */
import { Defect, Fault } from "../../fault.ts";
import type { Plugin } from "../../host/plugin.ts";
import { alone, find, readArguments } from "./plugin-call.ts";

/** Milliseconds after which nobody waits for a cost any more. */
const LONGEST = 60_000;

/**
 * @param texts the arguments, as `sennit plugin call` takes them
 * @throws {Fault} `language-unsupported` when nobody can count; what the call fails with
 */
export async function costOf(plugin: Plugin, name: string, texts: readonly string[]): Promise<number> {
  const { language } = plugin.manifest;
  if (language !== "component" && language !== "lua" && language !== "python") {
    throw new Fault("language-unsupported", `What a ${language} package does cannot be counted`, {
      hint: "Components, Lua and Python are metered.",
    });
  }
  const [key, fn] = find(plugin, name);
  const args = readArguments(fn, texts);
  await using instance = await alone(plugin, {
    id: 1,
    imports: new Map(),
    seed: new Uint8Array(32),
    now: () => 0,
    sleep: () => Promise.resolve(),
    log: () => {},
    limits: { fuel: Number.MAX_SAFE_INTEGER, deadline: LONGEST },
  });
  await instance.call(key, args);
  if (instance.spent === undefined) throw new Defect("a metered instance does not say what it spent");
  return instance.spent;
}
