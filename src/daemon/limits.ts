/** What a daemon takes from whoever can reach its port. */

export interface ServerLimits {
  /** Bytes of a request's body. */
  readonly body: number;
  /** Bytes of a run that is brought in: they are kept in a file while they come. */
  readonly upload: number;
  /** Bytes of what is posted to a webhook: its senders are strangers. */
  readonly hookBody: number;
  /** Milliseconds for a request's head. */
  readonly head: number;
  /** Milliseconds for a whole request, its body too. */
  readonly request: number;
  /** Connections at once, those that follow a run among them. */
  readonly connections: number;
  /** Milliseconds in which a refused body is read and forgotten, so that its sender gets to read why. */
  readonly linger: number;
  /** Milliseconds that requests have to end when the daemon stops. */
  readonly stopping: number;
}

export const LIMITS: ServerLimits = {
  body: 8 * 1024 * 1024,
  upload: 512 * 1024 * 1024,
  hookBody: 1024 * 1024,
  head: 10_000,
  request: 60_000,
  connections: 512,
  linger: 1000,
  stopping: 3000,
};

/** Seconds that one `wait` takes at most: a client asks again. */
export const LONGEST_WAIT = 3600;
/** Runs that one page of a list has at most. */
export const LONGEST_PAGE = 1000;
