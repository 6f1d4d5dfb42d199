/**
 * The natives of the prelude, `name/overload` as in prelude.ts: pure functions of their arguments.
 * What calls a closure is not here but in compile/builtin.ts; what has an effect is an instruction.
 */
import { lists } from "./list.ts";
import { jsonNatives } from "./json.ts";
import { maps } from "./map.ts";
import { numbers } from "./number.ts";
import { texts } from "./text.ts";
import { times } from "./time.ts";
import type { Native } from "./type.ts";

export const natives: ReadonlyMap<string, Native> = new Map(
  Object.entries({ ...lists, ...maps, ...numbers, ...texts, ...times, ...jsonNatives }),
);
