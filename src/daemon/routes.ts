/** The routes of the API: the one table that the server, `GET /v1` and the reference are made from. */

export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** `{id}` stands for one segment, percent-encoded. */
  readonly path: string;
  readonly summary: string;
  /** What may stand behind `?`, by name. */
  readonly query?: Readonly<Record<string, string>>;
  /** The fields of the JSON object that is sent. Absent: there is no body. */
  readonly body?: Readonly<Record<string, string>>;
  /** What is sent instead, as `application/octet-stream`. */
  readonly bytes?: string;
  /** What the JSON object has that is answered. */
  readonly answer: string;
  /** `token`: `Authorization: Bearer …`. `none`: anyone on this machine. `path`: the token in the path is the secret. */
  readonly secret: "token" | "none" | "path";
}

const program: Readonly<Record<string, string>> = {
  file: "absolute path of the program: its packages and project are found from there",
  source: "its text",
  params: "object: the program's params as JSON",
  texts: "or, as at a command line: list of `NAME=VALUE`",
  grants: "list of `[PACKAGE=]CAPABILITY`",
  queue: "name of a queue",
  key: "runs of one queue and key are limited by themselves",
  priority: "integer; greater goes first within its queue",
};

const queueFields: Readonly<Record<string, string>> = {
  concurrency: "most runs at once, or null",
  perKey: "most runs at once of each key, or null",
  keepFor: "milliseconds that its runs stay after their end; unless given, as the daemon has it",
  keepNewest: "how many of them stay, the newest",
};

export type RouteName =
  | "describe"
  | "hello"
  | "status"
  | "submit"
  | "list"
  | "show"
  | "logs"
  | "wait"
  | "signal"
  | "cancel"
  | "pause"
  | "resume"
  | "retry"
  | "remove"
  | "migrate"
  | "fork"
  | "export"
  | "import"
  | "queues"
  | "setQueue"
  | "removeQueue"
  | "schedules"
  | "setSchedule"
  | "removeSchedule"
  | "reload"
  | "backup"
  | "stop"
  | "hook";

export const routes: Readonly<Record<RouteName, Route>> = {
  describe: { method: "GET", path: "/v1", summary: "This table", answer: "`routes`", secret: "token" },
  hello: {
    method: "GET",
    path: "/v1/hello/{nonce}",
    summary: "Proves that the daemon has the token: HMAC-SHA256(token, `sennit hello NONCE`)",
    answer: "`proof` in hex",
    secret: "none",
  },
  status: {
    method: "GET",
    path: "/v1/status",
    summary: "The daemon and its store",
    answer: "`pid`, `version`, `store`, `url`, `started`, `stale`",
    secret: "token",
  },
  submit: {
    method: "POST",
    path: "/v1/runs",
    summary: "Submits a run. Idempotent by `id`: 201 when it is new, 200 when it was there",
    body: { ...program, id: "what the run is called; random unless given", seed: "64 hex digits" },
    answer: "`id`, `isNew`",
    secret: "token",
  },
  list: {
    method: "GET",
    path: "/v1/runs",
    summary: "Lists runs, the newest first",
    query: {
      state: "only these, parted by commas",
      prefix: "only ids that begin so",
      queue: "only of this queue",
      limit: "at most so many: 1 to 1000, and 100 unless given",
      after: "the last id of the page before",
    },
    answer: "`runs`, `after` (null when that was all)",
    secret: "token",
  },
  show: {
    method: "GET",
    path: "/v1/runs/{id}",
    summary: "What is known of a run",
    answer: "`run`",
    secret: "token",
  },
  logs: {
    method: "GET",
    path: "/v1/runs/{id}/logs",
    summary:
      "What a run shows, as JSON lines: durable events, each with its `lsn`; the last line has `next` and `ended`",
    query: { from: "the first `lsn`; 1 unless given", follow: "1: go on until the run has ended" },
    answer: "lines of `lsn`, `kind` and what that has",
    secret: "token",
  },
  wait: {
    method: "GET",
    path: "/v1/runs/{id}/wait",
    summary: "Waits until a run has ended",
    query: { timeout: "seconds, 0 to 3600; 60 unless given" },
    answer: "`ended`: null when the time is up, else `state` with `value` or `error` (`code`, `message`, `trace`)",
    secret: "token",
  },
  signal: {
    method: "POST",
    path: "/v1/runs/{id}/signal",
    summary: "Leaves a signal for a run; answered once it is durable",
    body: { name: "of the signal", value: "any JSON", sender: "of several of one sender the first is taken" },
    answer: "`isNew`",
    secret: "token",
  },
  cancel: {
    method: "POST",
    path: "/v1/runs/{id}/cancel",
    summary: "Cancels a run: its `finally` and `undo` blocks still run",
    answer: "`id`",
    secret: "token",
  },
  pause: {
    method: "POST",
    path: "/v1/runs/{id}/pause",
    summary: "Leaves a run where it is until it is resumed",
    answer: "`id`",
    secret: "token",
  },
  resume: {
    method: "POST",
    path: "/v1/runs/{id}/resume",
    summary: "Takes a paused or parked run up again",
    answer: "`id`",
    secret: "token",
  },
  retry: {
    method: "POST",
    path: "/v1/runs/{id}/retry",
    summary: "Takes a parked run up again; begins one that failed or was cancelled again, as a new run",
    answer: "`id` of the run that goes on",
    secret: "token",
  },
  remove: {
    method: "DELETE",
    path: "/v1/runs/{id}",
    summary: "Deletes a run that has ended, or is parked or paused, with its children and everything of them",
    answer: "`id`",
    secret: "token",
  },
  migrate: {
    method: "POST",
    path: "/v1/runs/{id}/migrate",
    summary:
      "Moves a run, and what it spawned, to another version of its program, when all of them would go on with it",
    body: {
      source: "the text of the new version",
      migration:
        "object: `file`, a name for messages, and `source`, a file of functions that rewrites the run's variables",
      restart: "true: it begins afresh, with params that the migration gives of its variables",
      dry: "true: only tells what would happen",
    },
    answer: "`moved`, `runs`: each with its `verdict`, and `rewritten` variables or the params that it `begins` with",
    secret: "token",
  },
  fork: {
    method: "POST",
    path: "/v1/runs/{id}/fork",
    summary: "Begins a run that goes on from a step of this one",
    body: {
      number: "of the step that is over then, as `sennit history` shows it",
      id: "of the new run; random unless given",
    },
    answer: "`id`, `after`: the last entry that both have, `again`: what the new run asks for anew",
    secret: "token",
  },
  export: {
    method: "GET",
    path: "/v1/runs/{id}/export",
    summary: "A run, with the runs that it spawned, as one file",
    query: { packages: "0: without the files of its packages" },
    answer: "bytes, as `application/octet-stream`",
    secret: "token",
  },
  import: {
    method: "POST",
    path: "/v1/import",
    summary: "Takes a run from a file that was exported anywhere; it goes on from there",
    query: {
      id: "what it is called here; its own id unless given",
      file: "absolute path of its program, beside which its packages are found, instead of those in the file",
      grants: "JSON list of `[PACKAGE=]CAPABILITY`: those that it had are not taken from the file",
    },
    bytes: "the file",
    answer: "`id`, `runs`: how many there are with those that it spawned, `file`: its program's",
    secret: "token",
  },
  queues: { method: "GET", path: "/v1/queues", summary: "The queues", answer: "`queues` by name", secret: "token" },
  setQueue: {
    method: "PUT",
    path: "/v1/queues/{name}",
    summary: "Sets how many runs of a queue go on at once, and how long they are kept; replaces what was set",
    body: queueFields,
    answer: "`name`",
    secret: "token",
  },
  removeQueue: {
    method: "DELETE",
    path: "/v1/queues/{name}",
    summary: "Forgets a queue's settings: its runs go on without a limit",
    answer: "`name`",
    secret: "token",
  },
  schedules: {
    method: "GET",
    path: "/v1/schedules",
    summary: "The schedules, and when each is due",
    answer: "`schedules`",
    secret: "token",
  },
  setSchedule: {
    method: "PUT",
    path: "/v1/schedules/{name}",
    summary: "Submits a program again and again; replaces a schedule of that name",
    body: {
      cron: "five or six fields",
      zone: "time zone that `cron` is read in; UTC unless given",
      every: "or: milliseconds",
      missed: "`once` or `skip`: what was due while no daemon ran; `skip` unless given",
      submission: "object: what POST /v1/runs takes, without `id` and `seed`",
    },
    answer: "`name`",
    secret: "token",
  },
  removeSchedule: {
    method: "DELETE",
    path: "/v1/schedules/{name}",
    summary: "Removes a schedule; runs that it has begun go on",
    answer: "`name`",
    secret: "token",
  },
  reload: {
    method: "POST",
    path: "/v1/reload",
    summary: "Takes up packages as they are on disk, for new runs",
    answer: "`changed`: names of packages",
    secret: "token",
  },
  backup: {
    method: "POST",
    path: "/v1/backup",
    summary: "Writes a consistent copy of the store to a new file of this machine, while runs go on",
    body: { path: "absolute; nothing is there yet" },
    answer: "`path`",
    secret: "token",
  },
  stop: {
    method: "POST",
    path: "/v1/stop",
    summary: "Stops the daemon; the connection closes when it is gone. Runs stay where they are",
    answer: "`stopping`",
    secret: "token",
  },
  hook: {
    method: "POST",
    path: "/hooks/{token}",
    summary:
      "What `webhook()` gave to a run: the JSON body is what it waits for. Answered once it is durable. A request with the `Idempotency-Key` or `Webhook-Id` of one before is taken once",
    answer: "`accepted`",
    secret: "path",
  },
};

export interface Found {
  readonly name: RouteName;
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

/** The route of a request; its path's methods when it has another; null when there is no such path. */
export function findRoute(method: string, path: string): Found | { readonly allowed: readonly string[] } | null {
  const found = all().flatMap(([name, route]) => {
    const params = paramsOf(route.path, path);
    return params === null ? [] : [{ name, route, params }];
  });
  if (found.length === 0) return null;
  return found.find(({ route }) => route.method === method) ?? { allowed: found.map(({ route }) => route.method) };
}

function all(): readonly (readonly [RouteName, Route])[] {
  return Object.entries(routes) as readonly (readonly [RouteName, Route])[];
}

function paramsOf(pattern: string, path: string): Readonly<Record<string, string>> | null {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [at, part] of wanted.entries()) {
    const segment = given[at] ?? "";
    if (!part.startsWith("{")) {
      if (part !== segment) return null;
      continue;
    }
    const text = decoded(segment);
    if (text === null || text === "") return null;
    params[part.slice(1, -1)] = text;
  }
  return params;
}

function decoded(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}
