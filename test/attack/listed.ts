/** Attacks that are not played, and why: the honest part of the table. */
import type { Listed } from "./attack.ts";

const HANGS = "At L0 without a deadline it hangs its caller, by definition. With a deadline: `loop/…` above.";
const OWN_WORKER =
  "Without a deadline only a caller that gives up ends it (`python/loop…` above). With one: `python/late-…`.";

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
    result: "Ended by a deadline (`python/late-log`), or by the limit on what is logged where one is set.",
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
    id: "listed/collected-here",
    language: "WAT",
    tries: "keeps arrays of the GC proposal for ever, in the caller's thread",
    result:
      "Not promised at L0: they lie in V8's own heap, which the memory limit does not count, and a full heap ends the process. At L1 and L2 the realm's heap has a cap: `bomb/collected` above.",
  },
  {
    id: "listed/secret-transformed",
    language: "program",
    tries: "has a granted server answer with the secret in another form, such as reversed",
    result:
      "Not recognised: what is withheld is the secret itself and its Basic form. A server that was granted the secret knows it.",
  },
  {
    id: "listed/native-code",
    language: "realm",
    tries: "runs native code in a process of L2, after a mistake in V8",
    result:
      "That process is the same user: it could signal other processes and open what the user can. Node's permission model holds JavaScript only.",
  },
  {
    id: "listed/hard-link",
    language: "folder",
    tries: "has a hard link in its folder to a file elsewhere",
    result: "It is a file of the folder: no system tells where else it has a name.",
  },
  {
    id: "listed/jco-drop",
    language: "WAT",
    tries: "drops a handle it never had, in a component on jco's path",
    result: "Nothing happens: jco lets it be dropped. Only the guest's own table is concerned.",
  },
];
