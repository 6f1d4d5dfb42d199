/** Every attack, by group: what docs/security.md lists. */
import type { Attack } from "./attack.ts";
import { BINARIES } from "./binaries.ts";
import { BOMBS } from "./bombs.ts";
import { CANONICAL } from "./canonical.ts";
import { COMPONENTS } from "./components.ts";
import { CORE_CALLS } from "./core-calls.ts";
import { DATA } from "./data.ts";
import { DOMAINS } from "./domains.ts";
import { FILES } from "./files.ts";
import { FOLDERS } from "./folders.ts";
import { JAVASCRIPT } from "./javascript.ts";
import { JAVASCRIPT_LOOPS } from "./javascript-loops.ts";
import { LOOPS } from "./loops.ts";
import { LUA_ESCAPES } from "./lua-escapes.ts";
import { LUA_RESOURCES } from "./lua-resources.ts";
import { NETWORK } from "./network.ts";
import { PLAIN_DATA } from "./plain-data.ts";
import { POWERS } from "./powers.ts";
import { PYTHON_DEADLINE } from "./python-deadline.ts";
import { PYTHON_ESCAPES } from "./python-escapes.ts";
import { PYTHON_HEAP } from "./python-heap.ts";
import { PYTHON_RESOURCES } from "./python-resources.ts";
import { REALMS } from "./realms.ts";
import { REENTRANCE } from "./reentrance.ts";
import { RUNS } from "./runs.ts";
import { STATES } from "./states.ts";
import { TEXTS } from "./texts.ts";
import { WASI } from "./wasi.ts";

export interface Group {
  readonly title: string;
  readonly attacks: readonly Attack[];
}

export const GROUPS: readonly Group[] = [
  { title: "Escapes from Python", attacks: PYTHON_ESCAPES },
  { title: "Python that would use up the host", attacks: [...PYTHON_RESOURCES, ...PYTHON_HEAP] },
  { title: "Escapes from Lua", attacks: LUA_ESCAPES },
  { title: "Lua that would use up the host", attacks: LUA_RESOURCES },
  { title: "JavaScript in a component", attacks: JAVASCRIPT },
  { title: "Hostile components", attacks: COMPONENTS },
  { title: "Components that would use up the host", attacks: BOMBS },
  { title: "Components that no compiler makes", attacks: BINARIES },
  { title: "Endless loops under a deadline", attacks: [...LOOPS, ...PYTHON_DEADLINE, ...JAVASCRIPT_LOOPS] },
  { title: "The network: names, addresses, redirects, headers, secrets", attacks: NETWORK },
  { title: "Files and variables of a program", attacks: FILES },
  { title: "What plugins were granted", attacks: POWERS },
  { title: "WASI of a component that was granted something", attacks: WASI },
  { title: "Packages, manifests, WIT", attacks: FOLDERS },
  { title: "Names and data", attacks: [...DATA, ...PLAIN_DATA] },
  { title: "Re-entrance", attacks: REENTRANCE },
  { title: "Core calls", attacks: CORE_CALLS },
  { title: "Realms that were taken over", attacks: REALMS },
  { title: "From one run to the next", attacks: [...RUNS, ...DOMAINS] },
  { title: "Saved states", attacks: STATES },
  { title: "Text", attacks: TEXTS },
  { title: "Lies about the canonical ABI", attacks: CANONICAL },
];
