import { describe, expect, it } from "vitest";

import type { LoadedProgram } from "../../../../src/engine/load/loaded.ts";
import { Fault } from "../../../../src/fault.ts";
import type { Instance, InstanceOptions } from "../../../../src/host/plugin.ts";
import type { EntryOf } from "../../../../src/journal/entry/entry.ts";
import { S32, witFunction } from "../../../lang/vm/run-foreign.ts";
import { directInstance, DistantInstance, stubProgram } from "../../stub-program.ts";
import { runWithCrashes } from "../crash.ts";
import type { Finished } from "../crash.ts";
import { entriesOf, expectPlaysBack } from "../history.ts";

const FUNCTIONS = [witFunction("add", [S32], S32)];

interface Told {
  /** Calls that guests got. */
  calls: number;
  /** Instances that began with a state. */
  restored: number;
}

interface Change {
  readonly kind?: "distant" | "direct";
  readonly cores?: string;
  readonly reads?: boolean;
  readonly saves?: boolean;
}

/** A guest that adds up, and whose state is that sum. A large state lies beside the log. */
function program(text: string, told: Told, { kind = "distant", cores = "a", reads = true, saves = true }: Change = {}) {
  const made = stubProgram(text, FUNCTIONS, () => directInstance(() => null), {
    manifest: { language: kind === "distant" ? "python" : "component" },
  });
  const [pack] = made.packages;
  const instantiate = async ({ state }: InstanceOptions): Promise<Instance> => {
    if (state !== undefined && !reads) throw new Fault("state-invalid", "It is no state");
    let total = state === undefined ? 0 : new DataView(state.buffer, state.byteOffset).getInt32(0);
    if (state !== undefined) told.restored += 1;
    const body = (_: string, [by]: readonly unknown[]): number => {
      told.calls += 1;
      return (total = (total * 3 + Number(by)) % 100_000);
    };
    const save = async (): Promise<Uint8Array | null> => {
      const bytes = new Uint8Array(20_000);
      new DataView(bytes.buffer).setInt32(0, total);
      return saves ? bytes : null;
    };
    return Object.assign(kind === "distant" ? new DistantInstance(body) : directInstance(body), { save });
  };
  const plugin = { ...pack!.plugin, instantiate, stateOf: [cores.repeat(64)] };
  return { ...made, packages: [{ ...pack!, plugin }] } satisfies LoadedProgram;
}

const TEXT = `require add; n = 0;
  for i in range(450) { n = add(i); }
  print n; sleep (1ms); print add(1); sleep (1ms); print add(2);`;

/** Cut off behind the first line, and taken up with `change`. */
async function cut(change: Change, kind: Change["kind"] = "distant"): Promise<Finished & { readonly told: Told }> {
  const whole = await runWithCrashes(() => program(TEXT, { calls: 0, restored: 0 }, { kind }), {
    lives: [],
    survives: 0,
  });
  const told: Told = { calls: 0, restored: 0 };
  let lives = 0; // a life begins its run, and takes it up
  const loaded = (): LoadedProgram => {
    if (lives++ < 2) return program(TEXT, { calls: 0, restored: 0 }, { kind, saves: change.saves ?? true });
    return program(TEXT, told, { kind, ...change });
  };
  const found = await runWithCrashes(loaded, { lives: [whole.commits - 2], survives: 0 });
  expect(found.lines).toEqual(whole.lines);
  await expectPlaysBack(found.store, program(TEXT, told, { kind }), found.result);
  return { ...found, told };
}

describe("the state of a group of instances", () => {
  it.each(["distant", "direct"] as const)(
    "of a %s plugin is saved now and then, and calls before that are not made again",
    async (kind) => {
      const { store, told } = await cut({}, kind);
      const saved = (await entriesOf(store)).filter((entry): entry is EntryOf<"ISNAP"> => entry.kind === "ISNAP");
      expect(saved[0]?.seq).toBe(200);
      expect(told.restored).toBe(1);
      expect(told.calls).toBeLessThan(260);
    },
  );

  it("is of no use to other code", async () => {
    const { told } = await cut({ cores: "b" });
    expect(told.restored).toBe(0);
    expect(told.calls).toBeGreaterThan(450);
  });

  it("that cannot be taken up is as good as none", async () => {
    const { told } = await cut({ reads: false });
    expect([told.restored, told.calls > 450]).toEqual([0, true]);
  });

  it("that cannot be told is asked for again later, and all calls are made again", async () => {
    const { store, told } = await cut({ saves: false });
    expect((await entriesOf(store)).some(({ kind }) => kind === "ISNAP")).toBe(false);
    expect(told.calls).toBeGreaterThan(450);
  });
});
