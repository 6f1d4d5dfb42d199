/** Sennit for Node. */
export { load, run } from "./engine/embedding/run-program.node.ts";
export { ProgramRefused } from "./engine/embedding/refused.ts";
export type {
  LoadOptions,
  Program,
  ProgramRunOptions,
  RunProgramOptions,
  ShownEvent,
} from "./engine/embedding/run-program.node.ts";
/** Runs that a file keeps. */
export { openRuns } from "./engine/embedding/runs.node.ts";
export type { RunsOptions } from "./engine/embedding/runs.node.ts";
export type {
  Migrated,
  MigrateOptions,
  RunInfo,
  RunDetails,
  Runs,
  RunsQuery,
  RunState,
  ScheduleInfo,
  ScheduleSettings,
  ShownAt,
  SubmitOptions,
} from "./engine/embedding/runs.ts";
export type { QueueSettings, Retention } from "./engine/executor/executor.ts";
export type { Verdict } from "./engine/trial/upgrade.ts";
export { Defect, Fault } from "./fault.ts";
export type { FaultDetails, ForeignFrame } from "./fault.ts";
/** Threads and processes for plugins, started ahead. */
export { warmRealms } from "./engine/platform/warm.node.ts";
export type { WarmRealms } from "./engine/platform/warm.node.ts";
export { ErrValue } from "./host/javascript/plugin.ts";
export type { CallContext } from "./host/javascript/plugin.ts";
export { AnyFloat } from "./wit/any.ts";
