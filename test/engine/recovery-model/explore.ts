/**
 * Every state that a model can reach, each looked at once, with the properties that must hold in it.
 *
 *   P1  Nothing was observed outside that does not follow from what survives every crash from here.
 *   P2  A line is shown once, in its order, and the lines shown are the beginning of those that the run says.
 *   P3  A `keyed` effect reaches a server that knows keys once; a `once` effect at most once, and when it is not known
 *       whether it did, the program is told so.
 *   P4  A call's answer is what its instance gives that served every call before it, in the order of their entries.
 *   P5  The run always goes on to its end.
 */
import { answersOf, callsBefore, Violation } from "./model.ts";
import type { Model, State } from "./model.ts";
import { askedBy, called } from "./toy.ts";

export interface Explored {
  readonly states: number;
  readonly ends: number;
}

/** @throws {Violation} with the steps that led to it */
export function explore(model: Model): Explored {
  const start = model.start();
  const seen = new Set([keyOf(start)]);
  const work: State[] = [start];
  let ends = 0;
  for (let state = work.pop(); state !== undefined; state = work.pop()) {
    try {
      const next = model.successors(state);
      check(model, state);
      if (isEnd(model, state)) ends += 1;
      else if (!next.some(({ crashes }) => crashes === state.crashes)) throw new Violation("the run stands still (P5)");
      for (const each of next) {
        const key = keyOf(each);
        if (seen.has(key)) continue;
        seen.add(key);
        work.push(each);
      }
    } catch (violation) {
      if (violation instanceof Violation) violation.message += `\n${keyOf(state)}`;
      throw violation;
    }
  }
  return { states: seen.size, ends };
}

function isEnd(model: Model, { log, durable, shown, started }: State & object): boolean {
  const said = log.filter(({ kind }) => kind === "OUT").length;
  const state = { log } as State;
  return (
    model.outcome(state).result !== null && durable === log.length && shown.length === said && started.length === 0
  );
}

function check(model: Model, state: State): void {
  checkOutput(state);
  checkServers(model, state);
  checkCalls(state);
}

function checkOutput({ log, shown }: State): void {
  const said = log.flatMap((entry) => (entry.kind === "OUT" ? [entry.payload] : []));
  if (shown.some((line, at) => said[at] !== line))
    throw new Violation("a line was shown that the run does not say (P2)");
}

function checkServers(model: Model, state: State): void {
  const answers = answersOf(state.log);
  const seen = new Set<string>();
  for (const { id, class: kind, payload, answer } of state.world) {
    if (kind === "read") continue;
    if (seen.has(id)) throw new Violation(`${id} happened twice (P3)`);
    seen.add(id);
    const asked = state.log.find((entry) => entry.kind === "REQ" && entry.id === id);
    if (asked?.kind !== "REQ" || asked.payload !== payload)
      throw new Violation(`${id} happened and was not asked for (P1)`);
    const told = answers.get(id);
    if (told !== undefined && told !== null && told >= 0 && told !== answer)
      throw new Violation(`${id} was answered ${told} and not ${answer} (P3)`);
  }
  if (!isEnd(model, state)) return;
  for (const entry of state.log) {
    if (entry.kind !== "REQ" || entry.class === "read") continue;
    const told = answers.get(entry.id);
    if (told !== undefined && told !== null && told >= 0 && !seen.has(entry.id))
      throw new Violation(`${entry.id} was answered and never happened (P3)`);
  }
}

function checkCalls({ log }: State): void {
  const answers = answersOf(log);
  const instances = new Map<number, number>();
  for (const call of callsBefore(log, null)) {
    const answer = answers.get(call.id);
    if (answer === undefined) continue;
    const now = called(instances.get(call.instance) ?? 0, call.payload, answers.get(askedBy(call.id)) ?? null);
    if (now !== answer) throw new Violation(`${call.id} was answered by another history (P4)`);
    instances.set(call.instance, now);
  }
}

function keyOf({ log, durable, started, instances, world, shown, crashes }: State): string {
  return JSON.stringify([log.map((entry) => Object.values(entry)), durable, started, instances, world, shown, crashes]);
}
