/** What happened here and what happened in Wasmtime, compared event by event. */
import { functionOf, type WitType, type World } from "../../../src/wit/types.ts";
import { equalValues } from "../../../src/wit/equal.ts";
import { CaseValue, Handle, Some, type Value } from "../../../src/wit/value.ts";
import type { Event } from "./harness.ts";
import { formatValue } from "./show.ts";
import type { There } from "./wasmtime.ts";

export interface Agreement {
  /** Calls, and calls of imports, that agreed. */
  readonly agreed: number;
  /** How many of them were traps. */
  readonly traps: number;
  /** Sessions that the binding could not play, by its own words. */
  readonly inexpressible: string | undefined;
  readonly different: readonly string[];
}

/** A trap ends a session there; here the calls after it would only say that the instance is lost. */
export function compare(world: World, here: readonly Event[], there: readonly There[]): Agreement {
  const different: string[] = [];
  let agreed = 0;
  let traps = 0;
  const same = sameHandles(here);
  for (const [at, other] of there.entries()) {
    if ("inexpressible" in other) return { agreed, traps, inexpressible: other.inexpressible, different };
    const difference = differ(world, same[at], other);
    if (difference === undefined) agreed++;
    else different.push(difference);
    if (difference === undefined && "trap" in other) traps++;
    if ("trap" in other) return { agreed, traps, inexpressible: undefined, different };
  }
  if (here.length > there.length) different.push(`here ${here.length} events, there ${there.length}`);
  return { agreed, traps, inexpressible: undefined, different };
}

function differ(
  world: World,
  here: Event | undefined,
  there: Exclude<There, { inexpressible: string }>,
): string | undefined {
  if (here === undefined) return `there also ${shown(there)}`;
  if ("trap" in there || "fault" in here) {
    return "trap" in there && "fault" in here ? undefined : `here ${shown(here)}, there ${shown(there)}`;
  }
  const types =
    "import" in there ? paramsOf(world, there.import) : [functionOf(world.exports, there.call)?.result ?? null];
  const ours = "import" in here ? here.args : [here.value];
  const theirs = "import" in there ? there.args : [there.value];
  const equal = nameOf(here) === nameOf(there) && types.every((type, at) => equalMaybe(type, ours[at], theirs[at]));
  return equal ? undefined : `here ${shown(here)}, there ${shown(there)}`;
}

function paramsOf(world: World, key: string): readonly WitType[] {
  return functionOf(world.imports, key)?.params.map((each) => each.type) ?? [];
}

function equalMaybe(type: WitType | null, a: Value | undefined, b: Value | undefined): boolean {
  return type === null ? true : equalValues(type, a ?? null, b ?? null);
}

function nameOf(event: Event | There): string {
  return "import" in event ? `import ${event.import}` : `call ${event.call}`;
}

function shown(event: Event | There): string {
  const what = nameOf(event);
  if ("trap" in event) return `${what}: trap, ${event.trap}`;
  if ("fault" in event) return `${what}: ${event.fault.code}, ${event.fault.message}`;
  if ("import" in event) return `${what} ${event.args.map(formatValue).join()}`;
  return "value" in event ? `${what}: ${formatValue(event.value)}` : what;
}

/** Handles of the guest's own by the order in which they came, those of others by their number: as the driver has them. */
function sameHandles(events: readonly Event[]): readonly Event[] {
  let count = 0;
  const same = (value: Value): Value => {
    if (value instanceof Handle) return new Handle(0, value.instance === 1 ? count++ : value.id);
    if (Array.isArray(value)) return value.map((each: Value) => same(each));
    if (value instanceof CaseValue) return new CaseValue(value.index, same(value.payload));
    return value instanceof Some ? new Some(same(value.value)) : value;
  };
  return events.map((event) => {
    if ("import" in event) return { import: event.import, args: event.args.map(same) };
    return "value" in event ? { call: event.call, value: same(event.value) } : event;
  });
}
