/** The guests of the conformance suite that lie about the canonical ABI, each as an attack. */
import type { Plugin } from "../../src/host/plugin.ts";
import type { Hostile } from "../conformance/canonical/hostile.ts";
import { BORROWS, HANDLES } from "../conformance/canonical/hostile-handles.ts";
import { DEEP, LEAVING } from "../conformance/canonical/hostile-leaving.ts";
import { POST_RETURNS, REALLOCS } from "../conformance/canonical/hostile-memory.ts";
import { HOSTILE_VALUES } from "../conformance/canonical/hostile-values.ts";
import { assemble, play } from "../conformance/canonical/harness.ts";
import { packageOf } from "../host/component-fixtures.ts";
import { ended, everywhereLong, type Attack } from "./attack.ts";
import type { Stage } from "./stage.ts";

const TABLES: Readonly<Record<string, readonly Hostile[]>> = {
  values: HOSTILE_VALUES,
  memory: [...REALLOCS, ...POST_RETURNS],
  handles: HANDLES,
  borrows: BORROWS,
  leaving: [...LEAVING, ...DEEP],
};

/** Honest ones are left out: they are there to test the frame. */
export const CANONICAL: readonly Attack[] = Object.entries(TABLES).flatMap(([table, guests]) =>
  guests.flatMap((guest) => attackOf(table, guest)),
);

function attackOf(table: string, guest: Hostile): Attack[] {
  if (typeof guest.gives !== "string") return [];
  const id = `canonical/${table}: ${guest.name}`;
  const plays: Attack["plays"] = (stage) => playedBy(stage, guest);
  return [everywhereLong({ id, language: "WAT", tries: guest.name, ends: ended(guest.gives), plays })];
}

/** The last call's fault; afterwards the instance is lost, which `ok` would answer if it were not. */
async function playedBy(stage: Stage, { component, session }: Hostile): Promise<string> {
  const plugin = await stage.keep(packageOf(await assemble(component)));
  const tracked: Plugin = {
    manifest: plugin.manifest,
    world: plugin.world,
    digest: plugin.digest,
    instantiate: (options) => stage.start(plugin, options),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const events = await play(tracked, { ...session, calls: [...session.calls, { key: "ok" }] });
  const [last, afterwards] = events.filter((event) => "call" in event).slice(-2);
  if (afterwards === undefined || !("fault" in afterwards)) return "the instance lives on";
  if (last !== undefined && "fault" in last && afterwards.fault.code === "plugin-lost") throw last.fault;
  return "it was not lost";
}
