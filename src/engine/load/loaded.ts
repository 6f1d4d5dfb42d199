/** A program ready to run: compiled, its packages opened. Shared by all runs of it; the caller disposes it. */
import type { RunLimits } from "../../host/package/limits.ts";
import type { FunctionKey } from "../../wit/types.ts";
import type { Plugin } from "../../host/plugin.ts";
import type { Ir } from "../../lang/ir/ir.ts";
import type { Param, PackageUse } from "../../lang/typed.ts";
import type { Type } from "../../lang/types.ts";
import type { Value } from "../../wit/value.ts";
import type { RunPorts } from "../platform/ports.ts";
import type { RunOptions, RunResult } from "../loop/run-options.ts";

export interface LoadedProgram extends AsyncDisposable {
  readonly ir: Ir;
  readonly params: readonly Param[];
  /** The type of the program's value. */
  readonly result: Type;
  /** By the index the program uses. Providers of other packages' imports come after those the program names. */
  readonly packages: readonly LoadedPackage[];
  /** What each run of it may have. Absent: the defaults. */
  readonly limits?: RunLimits;
  /** Absent: in this thread. */
  readonly elsewhere?: Elsewhere;
}

/** Where the runs of a program are when they are not in this thread. */
export interface Elsewhere extends AsyncDisposable {
  /** As `execute` of run.ts. */
  readonly run: (fn: number, args: readonly Value[], ports: RunPorts, options: RunOptions) => Promise<RunResult>;
}

export interface LoadedPackage {
  readonly name: string;
  readonly use: PackageUse | null;
  readonly plugin: Plugin;
  /** Where each import of the plugin's world comes from: a package's index and its key there. The host's own are absent. */
  readonly imports: ReadonlyMap<FunctionKey, { readonly package: number; readonly function: FunctionKey }>;
  readonly granted: { readonly log: boolean };
}
