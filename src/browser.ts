/** Sennit for a page: the language whole, and runs with functions of the page. */
export { runInPage } from "./engine/embedding/run-program.browser.ts";
export { ProgramRefused } from "./engine/embedding/refused.ts";
export type { PageRunOptions } from "./engine/embedding/run-program.browser.ts";
export { ErrValue } from "./host/javascript/plugin.ts";
export { Defect, Fault } from "./fault.ts";
export { checkProgram, requiredPackages } from "./lang/check/check.ts";
export type { CheckEnvironment, CheckResult } from "./lang/check/check.ts";
export { formatSource } from "./lang/syntax/format.ts";
export { renderDiagnostic, renderDiagnostics } from "./lang/render.ts";
export type { Diagnostic } from "./lang/diagnostic.ts";
export { Source } from "./lang/source.ts";
export { AnyFloat } from "./wit/any.ts";
export { decodeWorld } from "./wit/decoder.ts";
