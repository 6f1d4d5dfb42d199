/**
 * A recorded run played back, and ended where it would become live: nothing is performed, nothing written (RULE 5).
 *
 *   D1  Snapshots are not used: the whole way is gone again, so that every step can be looked at.
 */
import { Fault } from "../../fault.ts";
import { decodeEntry } from "../../journal/entry/entry-codec.ts";
import type { EffectRequest } from "../../lang/effect.ts";
import type { Machine } from "../../lang/vm/machine.ts";
import type { Value } from "../../wit/value.ts";
import type { LogPort } from "../durable/log/log-port.ts";
import { effectiveStart, moveEntry, sinceRestart } from "../durable/moved-run.ts";
import type { MoveMap } from "../durable/moved-run.ts";
import { keyOf } from "../durable/log/recorded.ts";
import type { Numbered } from "../durable/log/recorded.ts";
import { ValueBytes } from "../durable/value-bytes.ts";
import type { LoadedProgram } from "../load/loaded.ts";
import { execute } from "../loop/run.ts";
import type { RunResult } from "../loop/run-result.ts";
import { turn } from "./lives.ts";

export interface DryRun {
  /** By effect and attempt, in the order in which the program asked. */
  readonly asked: ReadonlyMap<string, EffectRequest>;
  readonly end:
    | ({ readonly kind: "live" } & Live)
    | { readonly kind: "ended"; readonly result: RunResult }
    | { readonly kind: "failed"; readonly fault: Fault };
}

interface Live {
  readonly waiting: readonly EffectRequest[];
  readonly machine: Machine;
}

/**
 * @param entries the whole log, with the values beside it
 * @param moved how this program has what the log was written for: absent when it is the log's own program
 */
export async function dryRun(
  program: LoadedProgram,
  id: string,
  entries: readonly Numbered[],
  moved?: MoveMap,
): Promise<DryRun> {
  const asked = new Map<string, EffectRequest>();
  const known = asMoved(
    entries.filter(({ entry }) => entry.kind !== "SNAP"), // D1
    moved,
  );
  const start = effectiveStart(known);
  let live: Live | null = null;
  try {
    const args = new ValueBytes(program.ir).decode(start.args as Uint8Array) as readonly Value[];
    const result = await execute(program, start.function, args, PORTS, {
      id,
      seed: start.seed,
      grants: { allowsCommand: () => false },
      journal: { port: portOf(known), entries: known },
      onlooker: {
        asked: (effect) => void asked.set(keyOf(effect.id, effect.attempt), effect),
        live: (waiting, machine) => {
          live = { waiting, machine };
          return new Fault("stopped", "All of the log was played back");
        },
      },
    });
    return { asked, end: { kind: "ended", result } };
  } catch (fault) {
    if (live !== null) return { asked, end: { kind: "live", ...(live as Live) } };
    if (!(fault instanceof Fault)) throw fault;
    return { asked, end: { kind: "failed", fault } };
  }
}

/** The log as if its run had been moved to another program last. */
function asMoved(entries: readonly Numbered[], moved: MoveMap | undefined): readonly Numbered[] {
  const [first] = entries;
  if (moved === undefined || first?.entry.kind !== "START") return sinceRestart(entries);
  const own = entries.filter(({ entry }) => entry.kind !== "MIGRATE");
  const { ir, program, packages } = first.entry;
  const lsn = (entries.at(-1)?.lsn ?? 0) + 1;
  return sinceRestart([...own, { lsn, entry: moveEntry({ ir, program, packages }, moved) }]);
}

/** Nothing is there to be used. */
const PORTS: Parameters<typeof execute>[3] = {
  clock: { now: () => 0, sleep: () => Promise.resolve() },
  shell: null,
  fork: null,
  follow: () => {},
  breathe: turn,
  webhook: (token) => token,
};

/** Code of what a run says that it did not say when it was recorded. */
export const SHOWN_ANEW = "shown-anew";

function shownAnew(entries: readonly Uint8Array[]): Fault {
  const [said] = entries.map(decodeEntry);
  if (said?.kind !== "OUT") return new Fault("stopped", "Nothing is written while a run is only looked at");
  const value = said.value instanceof Uint8Array ? new ValueBytes(null).decode(said.value) : null;
  return new Fault(SHOWN_ANEW, typeof value === "string" ? `${said.channel} ${JSON.stringify(value)}` : said.channel);
}

function portOf(entries: readonly Numbered[]): LogPort {
  const refuse = (): never => {
    throw new Fault("stopped", "Nothing is written while a run is only looked at");
  };
  return {
    append: (added) => {
      throw shownAnew(added);
    },
    durable: () => entries.at(-1)?.lsn ?? 0,
    flushed: () => Promise.resolve(),
    keep: refuse,
    blob: refuse,
    lost: new Promise(() => {}),
    entries: (from, most = Infinity) => Promise.resolve(entries.filter(({ lsn }) => lsn >= from).slice(0, most)),
    watch: () => ({ [Symbol.dispose]: () => {} }),
  };
}
