/** What stands behind each route but those that are the daemon's own. */
import type { Operation } from "./asked.ts";
import type { RouteName } from "./routes.ts";
import * as histories from "./history-operations.node.ts";
import { migrate } from "./migrate-operation.node.ts";
import * as runs from "./run-operations.node.ts";
import * as stores from "./store-operations.node.ts";

/** Answered by the server itself: these need no store. */
export type OwnRoute = "describe" | "hello" | "status" | "stop";

export const operations: Readonly<Record<Exclude<RouteName, OwnRoute>, Operation>> = {
  submit: runs.submit,
  list: runs.list,
  show: runs.show,
  logs: runs.logs,
  wait: runs.wait,
  signal: runs.signal,
  cancel: runs.cancel,
  pause: runs.pause,
  resume: runs.resume,
  retry: runs.retry,
  remove: runs.remove,
  migrate,
  fork: histories.fork,
  export: histories.exported,
  import: histories.imported,
  queues: stores.queues,
  setQueue: stores.setQueue,
  removeQueue: stores.removeQueue,
  schedules: stores.schedules,
  setSchedule: stores.setSchedule,
  removeSchedule: stores.removeSchedule,
  reload: stores.reload,
  backup: stores.backup,
  hook: stores.hook,
};
