/**
 * I3 on the examples: at every effect the VM's state is encoded, decoded, and goes on with the recorded answers to the
 * same output. The answers come from the real plugins, once.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { wallClock } from "../../src/engine/platform/clock.ts";
import { ForeignCalls } from "../../src/engine/guests/foreign-calls.ts";
import { InstanceGroup } from "../../src/engine/guests/instances.ts";
import { loadProgram } from "../../src/engine/load/load.node.ts";
import type { LoadedProgram } from "../../src/engine/load/loaded.ts";
import type { EffectRequest } from "../../src/lang/effect.ts";
import { Vm } from "../../src/lang/vm/vm.ts";
import type { Value } from "../../src/wit/value.ts";
import { endOf, replayEverywhere } from "../lang/vm/replay.ts";
import type { Delivered, Transcript } from "../lang/vm/replay.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Runs the program against its real plugins, every call an effect, one at a time. */
async function recordLive(program: LoadedProgram): Promise<Transcript> {
  const seed = new Uint8Array(32);
  await using group = new InstanceGroup(program, { seed, clock: wallClock, log: () => {} });
  const calls = new ForeignCalls(program, group, { fork: null } as never, {
    start: () => "",
    around: () => null,
  });
  const args = program.params.map((param) => param.fallback);
  const vm = Vm.start(program.ir, 0, args, {});
  const delivered: Delivered[] = [];
  const output: string[] = [];
  const asked: EffectRequest[] = [];
  for (;;) {
    const outcome = vm.run();
    for (const effect of outcome.requests) {
      if (effect.request.kind === "print") output.push(effect.request.text);
      else asked.push(effect);
    }
    if (outcome.state !== "waiting") {
      return { fn: 0, args, delivered, output, end: endOf(outcome), error: null };
    }
    const effect = asked.shift();
    if (effect === undefined) throw new Error("the run waits for ever");
    const answer = { kind: "ok" as const, value: await answerOf(effect, calls) };
    delivered.push({ kind: "answer", id: effect.id, answer });
    vm.deliver(effect.id, answer);
  }
}

function answerOf(effect: EffectRequest, calls: ForeignCalls): Promise<Value> {
  const { request } = effect;
  if (request.kind !== "call" && request.kind !== "fork") throw new Error(`an example asks for ${request.kind}`);
  return calls.perform(effect, request, new AbortController().signal);
}

describe("every example, cut at every effect", () => {
  it.each([
    ["hello", 0],
    ["eos", 20],
    ["licenses", 3],
  ])("%s goes on to the same output", { timeout: 120_000 }, async (name, effects) => {
    const file = `${root}/examples/${name}/${name}.sennit`;
    const text = readFileSync(file, "utf8");
    const loaded = await loadProgram({
      file,
      text,
      isolation: "L0",
      grants: [],
      warn: () => {},
    });
    if (!loaded.ok) throw new Error("the example has mistakes");
    await using program = loaded.program;

    const transcript = await recordLive(program);

    expect(transcript.end).toBe("done");
    expect(transcript.delivered.length).toBeGreaterThanOrEqual(effects);
    replayEverywhere(program.ir, transcript);
  });
});
