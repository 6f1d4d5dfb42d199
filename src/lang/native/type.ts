/** What a native of the prelude is. */
import type { Value } from "../../wit/value.ts";
import type { Type } from "../types.ts";

/** `types` fills the type parameters; `all` is the program's table, for Anys. A `Fault` is raised in the program. */
export type Native = (args: readonly Value[], types: readonly Type[], all: readonly Type[]) => Value;
