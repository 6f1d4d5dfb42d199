/** What the functions of `sennit:host` answer: a `result` whose `err` is a case with a text for people. */
import { CaseValue, ERR, OK } from "../../wit/value.ts";
import type { Value } from "../../wit/value.ts";

export function ok(value: Value): CaseValue {
  return new CaseValue(OK, value);
}

/** `denied` is the first case of every `error`. */
export function denied(why: string): CaseValue {
  return err(0, why);
}

export function err(index: number, why: string): CaseValue {
  return new CaseValue(ERR, new CaseValue(index, why));
}
