/** Every attack, by group: what docs/security.md lists. */
import type { Attack } from "./attack.ts";
import { CANONICAL } from "./canonical.ts";
import { COMPONENTS } from "./components.ts";
import { DATA } from "./data.ts";
import { JAVASCRIPT } from "./javascript.ts";
import { LOOPS } from "./loops.ts";
import { LUA_ESCAPES } from "./lua-escapes.ts";
import { LUA_RESOURCES } from "./lua-resources.ts";
import { PYTHON_ESCAPES } from "./python-escapes.ts";
import { PYTHON_RESOURCES } from "./python-resources.ts";
import { RUNS } from "./runs.ts";
import { TEXTS } from "./texts.ts";

export interface Group {
  readonly title: string;
  readonly attacks: readonly Attack[];
}

export const GROUPS: readonly Group[] = [
  { title: "Escapes from Python", attacks: PYTHON_ESCAPES },
  { title: "Python that would use up the host", attacks: PYTHON_RESOURCES },
  { title: "Escapes from Lua", attacks: LUA_ESCAPES },
  { title: "Lua that would use up the host", attacks: LUA_RESOURCES },
  { title: "JavaScript in a component", attacks: JAVASCRIPT },
  { title: "Hostile components", attacks: COMPONENTS },
  { title: "Endless loops under a deadline", attacks: LOOPS },
  { title: "Names and data", attacks: DATA },
  { title: "From one run to the next", attacks: RUNS },
  { title: "Text", attacks: TEXTS },
  { title: "Lies about the canonical ABI", attacks: CANONICAL },
];
