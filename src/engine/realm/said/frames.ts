/**
 * What a run worker says to the engine: buffers of bytes, each a kind (u8), a number (u32) and a body (`writer.ts` of
 * `host/remote`). What the engine says to it are the messages of `messages.ts`.
 */

/** A program was opened, or why not. Number: the program's. */
export const OPENED = 1;
/** A run is over. Number: the run's. */
export const ENDED = 2;
/** A piece of what runs show, which takes credit: records of `shown.ts`, one after the other. Number: 0. */
export const SHOWN = 3;
/** Questions, answered once each. Number: the question's. */
export const SHELL = 4;
export const FORK = 5;
/** Nobody waits for the answer to a question any more. */
export const GIVE_UP = 6;
/** A run wants an instance of a package that lives outside of the worker. Number: the connection's. */
export const CONNECT = 7;
/** A frame of that instance's protocol (`host/remote/frames/kinds.ts`). */
export const FRAME = 8;
export const CLOSE = 9;
/** The worker's event loop got its turn. Number: that of the ping. */
export const BEAT = 10;
/** What reached a run (`again/tape.ts`), and a message that depends on it. Number: the run's. */
export const TAPED = 11;
/** What a stored run writes into its log, and values beside it: they take credit. Number: the run's. */
export const APPEND = 12;
export const KEEP = 13;
/** Questions about a run's log, and about the runs that it spawned. Number: the question's. */
export const LOG_ENTRIES = 14;
export const LOG_BLOB = 15;
export const LOG_FORGET = 16;
export const CHILD_NEW = 17;
/** Answered when that run is over; giving it up cancels it. */
export const CHILD_RUN = 18;
/** Nobody waits for a spawned run any more, which goes on elsewhere. Number: that of the run that spawned it. */
export const CHILD_STOP = 19;

/** Bytes of `SHOWN` on their way at once, and in one of them. */
export const MOST_SHOWN: number = 2 ** 18;
export const MOST_PIECE: number = 2 ** 15;

/** Questions that wait for an answer at once. */
export const MOST_ASKED = 256;

/** Spawned runs that are waited for at once. */
export const MOST_CHILDREN = 65_536;

/** Connections of one worker at once. */
export const MOST_CONNECTIONS: number = 2 ** 16;

/** Of text that a run waits with for credit; guests' lines beyond it are counted instead. */
export const MOST_WAITING: number = 2 ** 22;
