/**
 * The natives of the prelude, `name/overload` as in prelude.ts: pure functions of their arguments.
 * What calls a closure is not here but in compile-builtin.ts; what has an effect is an instruction.
 */
import { lists } from "./native-list.ts";
import { jsonNatives } from "./native-json.ts";
import { maps } from "./native-map.ts";
import { numbers } from "./native-number.ts";
import { texts } from "./native-text.ts";
import type { Native } from "./native-type.ts";

export const natives: ReadonlyMap<string, Native> = new Map(
  Object.entries({ ...lists, ...maps, ...numbers, ...texts, ...jsonNatives }),
);
