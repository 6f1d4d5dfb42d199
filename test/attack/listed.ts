/** Attacks that are not played, and why: the honest part of the table. */
import type { Listed } from "./attack.ts";

const HANGS = "At L0 without a deadline it hangs its caller, by definition. With a deadline: `loop/…` above.";
const OWN_WORKER = "Only a caller that gives up ends it (`python/loop…` above).";

export const LISTED: readonly Listed[] = [
  { id: "listed/component-loop", language: "WAT", tries: "loops for ever, with no limit set", result: HANGS },
  { id: "listed/lua-loop", language: "Lua", tries: "loops for ever, with no limit set", result: HANGS },
  {
    id: "listed/lua-pattern",
    language: "Lua",
    tries: "matches a catastrophic pattern, with no limit set",
    result: HANGS,
  },
  { id: "listed/javascript-loop", language: "JavaScript", tries: "loops for ever, with no limit set", result: HANGS },
  { id: "listed/python-loop", language: "Python", tries: "loops for ever, and nobody gives up", result: OWN_WORKER },
  {
    id: "listed/log-flood",
    language: "Python",
    tries: "logs for ever, to fill the memory of who listens",
    result: "Not limited yet: every line is handed over.",
  },
  {
    id: "listed/terminal",
    language: "Lua",
    tries: "has control characters shown by the command line (without `--json`)",
    result: "Shown as text, `\\u{1b}`: tested with the command line (`test/cli`).",
  },
  {
    id: "listed/tables",
    language: "WAT",
    tries: "grows tables up to what the engine allows",
    result: "A core module has 8 tables at most, with 200,000 entries each; the memory limit does not count them.",
  },
  {
    id: "listed/jco-drop",
    language: "WAT",
    tries: "drops a handle it never had, in a component on jco's path",
    result: "Nothing happens: jco lets it be dropped. Only the guest's own table is concerned.",
  },
];
