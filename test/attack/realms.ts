/** A realm that was taken over, against the one who started it: its thread or process says and does whatever it likes. */
import { ended, heavy, neverStarts, othersLong, type Attack, type Ending } from "./attack.ts";
import { realmPlugin } from "./honest-realm.ts";
import type { Level } from "./level.ts";
import type { Stage } from "./stage.ts";

const BOTH: readonly Level[] = ["L1", "L2"];
/** In a process too, but by the long tests only. */
const LONG_BOTH: Partial<Attack> = { levels: ["L1"], long: ["L2"] };
const THREAD: readonly Level[] = ["L1"];

function realm(
  what: string,
  tries: string,
  plan: string,
  ends: Ending,
  levels: readonly Level[] = BOTH,
  more: Partial<Attack> = {},
): Attack {
  return {
    id: `realm/${what}`,
    language: "realm",
    tries,
    ends,
    levels,
    plays: (stage) => play(stage, plan),
    within: 20_000,
    ...more,
  };
}

/** Milliseconds to be opened, where that is what is tried; and to answer: less of those that spin, for others' sake. */
const OPENS = 1500;
const CALLS = 400;
const SPINS = 200;

async function play(stage: Stage, plan: string, calls = 1): Promise<string> {
  const startDeadline = /^(?:open|start) (?:silent|spin)/.test(plan) ? OPENS : 30_000;
  const deadline = /^call (?:spin|scribble)/.test(plan) ? SPINS : CALLS;
  const plugin = stage.own(await realmPlugin(stage, plan, startDeadline));
  const instance = await stage.start(plugin, { limits: { deadline } });
  let said = "";
  for (let at = 0; at < calls; at++) said = stage.say(await instance.call("f", []));
  return said;
}

const TRAPPED = ended("plugin-trapped");
const LATE = ended("deadline-exceeded");
const BROKE = neverStarts("plugin-trapped");

const OPENING: readonly Attack[] = [
  realm(
    "open-silent",
    "never says that it opened its package",
    "open silent",
    neverStarts("deadline-exceeded"),
    THREAD,
  ),
  realm("open-twice", "says it twice", "open twice", neverStarts("plugin-trapped", "plugin-lost"), BOTH, LONG_BOTH),
  realm("open-exit", "ends while it is opened", "open exit", BROKE, BOTH, LONG_BOTH),
  realm(
    "open-throw",
    "fails while it is opened, with a message that clears the screen",
    "open throw",
    BROKE,
    BOTH,
    LONG_BOTH,
  ),
  realm("open-flood", "floods its caller while it is opened", "open flood", BROKE, BOTH, LONG_BOTH),
  realm("open-object", "answers an object when it is opened", "open object", BROKE, THREAD),
  realm("start-silent", "never says that it started", "start silent", neverStarts("deadline-exceeded"), THREAD),
  realm(
    "start-exit",
    "ends while it starts",
    "start exit",
    neverStarts("plugin-trapped", "plugin-lost"),
    BOTH,
    LONG_BOTH,
  ),
  realm("start-spin", "spins while it starts, and is deaf", "start spin", neverStarts("deadline-exceeded"), THREAD),
];

const CALLING: readonly Attack[] = [
  realm("silent", "never answers a call", "call silent", LATE, BOTH, LONG_BOTH),
  realm("spin", "spins in JavaScript, where no meter counts", "call spin", LATE),
  realm(
    "spin-alive",
    "spins, and writes into its flight recorder that it begins calls and turns its event loop",
    "call spin-alive",
    LATE,
    THREAD,
  ),
  realm("stop-itself", "fills its flight recorder with nonsense", "call scribble", LATE, THREAD),
  realm("database", "opens a database, past the permissions", "call database", TRAPPED, BOTH, LONG_BOTH),
  realm("sleeps", "asks to sleep again and again, to look alive", "call sleep-for-ever", LATE, BOTH, LONG_BOTH),
  realm("exit", "ends in the middle of a call", "call exit", TRAPPED, BOTH, LONG_BOTH),
  realm(
    "exit-code",
    "ends as if its memory were full",
    "call exit-failed",
    ended("plugin-trapped", "memory-limit"),
    BOTH,
    LONG_BOTH,
  ),
  realm(
    "throw",
    "throws where nobody catches, with a message that clears the screen",
    "call throw",
    TRAPPED,
    BOTH,
    LONG_BOTH,
  ),
  realm("heap", "fills its heap with objects", "call heap", ended("memory-limit", "deadline-exceeded")),
  realm("flood", "logs 50,000 lines at once", "call flood", TRAPPED),
  realm(
    "flood-for-ever",
    "logs lines for ever",
    "call flood-for-ever",
    ended("plugin-trapped", "deadline-exceeded"),
    BOTH,
    LONG_BOTH,
  ),
  realm("huge", "sends more than one message may have", "call huge", TRAPPED),
  realm("half", "sends half of a message", "call half", ended("plugin-trapped", "deadline-exceeded"), BOTH, LONG_BOTH),
  realm("drip", "sends a byte at a time", "call drip", ended("deadline-exceeded", "plugin-trapped"), BOTH, LONG_BOTH),
  realm("close", "closes its port and stays", "call close", ended("deadline-exceeded", "plugin-trapped"), THREAD),
  realm("print", "prints 20,000 lines past the protocol", "call print", LATE, BOTH, LONG_BOTH),
];

/** Its port could carry any object. */
const OBJECTS: readonly Attack[] = (
  [
    ["object", "an object that looks like an answer"],
    ["text", "a text"],
    ["view", "a view of bytes"],
    ["shared", "memory that it goes on to share"],
    ["port", "a port, to be listened to"],
    ["error", "an error"],
    ["map", "a map with the key `__proto__`"],
    ["deep", "a list nested ten thousand deep"],
    ["undefined", "nothing"],
  ] as const
).map(([what, tells]) => realm(`post-${what}`, `posts ${tells}`, `call ${what}`, TRAPPED, THREAD));

/** It answers the first call well, and lies in wait for the second. */
const LATER: readonly Attack[] = [
  { what: "twice-later", tries: "answers a call twice, for the next one", plan: "call twice" },
  { what: "flood-later", tries: "floods its caller when the call is over", plan: "call flood-after" },
].map(({ what, tries, plan }) => ({
  ...realm(what, tries, plan, ended("plugin-trapped", "plugin-lost"), BOTH),
  plays: (stage: Stage): Promise<string> => play(stage, plan, 1000),
}));

export const REALMS: readonly Attack[] = [
  ...OPENING,
  ...CALLING,
  ...othersLong(OBJECTS, ["-object", "-port", "-shared", "-deep"]),
  ...LATER,
].map(heavy);
