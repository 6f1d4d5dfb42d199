/** Calls a function of one interface of `sennit:host`; what it answers is of its type. */
import type { Value } from "../../../wit/value.ts";

export type Ask = (name: string, args: readonly Value[]) => Promise<Value>;
