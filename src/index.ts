/** Sennit for Node. */
export { load, run, ProgramRefused } from "./engine/run-program.node.ts";
export type {
  LoadOptions,
  Program,
  ProgramRunOptions,
  RunProgramOptions,
  ShownEvent,
} from "./engine/run-program.node.ts";
export { Defect, Fault } from "./fault.ts";
export type { FaultDetails, ForeignFrame } from "./fault.ts";
export { ErrValue } from "./host/javascript/plugin.ts";
export { AnyFloat } from "./wit/any.ts";
