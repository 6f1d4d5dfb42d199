/**
 * What the two sides say to each other. A frame is its kind (u8), a number (u32) that ties an answer to a question, and a
 * body. The caller of an instance is trusted; the realm that serves it is not.
 */

/** From the caller. Each of the first four, and `SAVE`, is answered by a frame of the same kind. */
export const OPEN = 1;
export const START = 2;
export const CALL = 3;
export const DROP = 4;
/** To a question of the realm's. */
export const ANSWER = 5;
/** So many of the messages that need no answer were dealt with. */
export const CREDIT = 6;
/** Nobody will hear the answer of the call of this number, which comes all the same, and sooner. */
export const GIVE_UP = 13;

/** All state of the instance, or that there is none that could be told. */
export const SAVE = 14;

/** From the realm: questions, each answered by an `ANSWER` of its number. */
export const IMPORT = 7;
export const CALLBACK = 8;
export const SLEEP = 9;
/** From the realm: messages that need no answer, and take credit. */
export const LOG = 10;
export const PROGRESS = 11;
export const RELEASE = 12;

/** How a question ended. */
export const OK = 0;
export const FAILED = 1;
/** With the error of an import, whose number follows. */
export const IMPORT_FAILED = 2;

/** Bytes of one frame. A value may have 256 MiB (budget.ts) and a little around it. */
export const MOST_BYTES: number = 2 ** 28 + 2 ** 24;

/** Calls of one instance at once: whoever calls waits with more, and who does not is ended. */
export const MOST_CALLS = 65_536;

/** Questions of the realm that wait for an answer at once. */
export const MOST_QUESTIONS = 256;

/** Messages that take credit, on their way at once. */
export const MOST_NOTES = 64;
/** Bytes and lines of one of them. */
export const MOST_NOTE_BYTES = 65_536;
export const MOST_NOTE_LINES = 1024;

/** The import whose handles a realm cannot have itself: no instance has this id. */
export const FOREIGN: number = -1;
