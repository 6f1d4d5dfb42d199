/** Sennit for Node. */
export { run, ProgramRefused } from "./engine/run-program.node.ts";
export type { RunProgramOptions } from "./engine/run-program.node.ts";
export type { RunEvent } from "./engine/ports.ts";
export { Defect, Fault } from "./fault.ts";
export type { FaultDetails, ForeignFrame } from "./fault.ts";
