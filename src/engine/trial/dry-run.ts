/**
 * A recorded run played back, and ended where it would become live: nothing is performed, nothing written (RULE 5).
 *
 *   D1  Snapshots are not used: the whole way is gone again, so that every step can be looked at.
 */
import { Fault } from "../../fault.ts";
import { decodeEntry } from "../../journal/entry-codec.ts";
import type { EntryOf } from "../../journal/entry.ts";
import type { EffectRequest } from "../../lang/effect.ts";
import type { Value } from "../../wit/value.ts";
import type { LogPort } from "../durable/log-port.ts";
import { keyOf } from "../durable/recorded.ts";
import type { Numbered } from "../durable/recorded.ts";
import { ValueBytes } from "../durable/value-bytes.ts";
import type { LoadedProgram } from "../loaded.ts";
import { execute } from "../run.ts";
import type { RunResult } from "../run-result.ts";
import { turn } from "./lives.ts";

export interface DryRun {
  /** By effect and attempt, in the order in which the program asked. */
  readonly asked: ReadonlyMap<string, EffectRequest>;
  readonly end:
    | { readonly kind: "live"; readonly waiting: readonly EffectRequest[] }
    | { readonly kind: "ended"; readonly result: RunResult }
    | { readonly kind: "failed"; readonly fault: Fault };
}

/**
 * @param entries the whole log, with the values beside it
 * @param fn the function that it is a run of, unless the log's number is this program's, too
 */
export async function dryRun(
  program: LoadedProgram,
  id: string,
  entries: readonly Numbered[],
  fn?: number,
): Promise<DryRun> {
  const asked = new Map<string, EffectRequest>();
  const known = entries.filter(({ entry }) => entry.kind !== "SNAP"); // D1
  const start = known[0]?.entry as EntryOf<"START">;
  let waiting: readonly EffectRequest[] | null = null;
  try {
    const args = new ValueBytes(program.ir).decode(start.args as Uint8Array) as readonly Value[];
    const result = await execute(program, fn ?? start.function, args, PORTS, {
      id,
      seed: start.seed,
      grants: { allowsCommand: () => false },
      journal: { port: portOf(known), entries: known },
      onlooker: {
        asked: (effect) => void asked.set(keyOf(effect.id, effect.attempt), effect),
        live: (all) => {
          waiting = all;
          return new Fault("stopped", "All of the log was played back");
        },
      },
    });
    return { asked, end: { kind: "ended", result } };
  } catch (fault) {
    if (waiting !== null) return { asked, end: { kind: "live", waiting } };
    if (!(fault instanceof Fault)) throw fault;
    return { asked, end: { kind: "failed", fault } };
  }
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
