/**
 * What a package says of itself: the table `[package]` of its `sennit.toml`, or `sennit` in its `package.json`.
 * Unknown keys are errors: a misspelt limit must not be silently no limit.
 */

export type Language = "component" | "python" | "lua" | "julia" | "javascript";

/**
 * What a package, or one run's use of it, may take. A package's manifest lowers what it has by default, and whoever runs it
 * raises or lowers that (package/limits.ts). What is left out is what the hosts give.
 */
export interface Limits {
  /** Bytes of guest memory (linear memory of a component, heap of Lua or Python). */
  readonly memory?: number;
  /** Units of work that one call of a component or of Lua may do: about as many as its instructions. */
  readonly fuel?: number;
  /** Milliseconds that one call may take, waiting included. */
  readonly deadline?: number;
  /** Nodes of what one call answers, or gives to one import (src/wit/budget.ts). */
  readonly resultNodes?: number;
  /** Bytes of the same. */
  readonly resultBytes?: number;
  /** Bytes of log lines and of progress that a run shows of it; the rest is dropped. */
  readonly log?: number;
  /** Instances that one run starts, those included that take the place of a lost one. */
  readonly instances?: number;
  /** Elements of all tables of an instance of a component. */
  readonly tables?: number;
}

export interface Manifest {
  /** `namespace:name`, as `require` writes it. */
  readonly name: string;
  /** Exact semver. */
  readonly version: string;
  readonly language: Language;
  /** The world in the package's WIT; optional when there is one only. */
  readonly world?: string;
  /** Path of the WIT folder or file in the package. Components carry their own. */
  readonly wit?: string;
  /** Path of the code in the package: a `.wasm`, `.py`, `.lua` or `.jl` file. */
  readonly source: string;
  /** Capabilities the plugin asks for, such as `fs:data:ro` or `log`. */
  readonly wants: readonly string[];
  readonly limits: Limits;
  /** Keeps nothing between calls, so that a lost instance may be replaced silently and `=f=` draws no warning. */
  readonly stateless: boolean;
  /** Calls into one instance may overlap while one of them waits (HAZARDS 9). */
  readonly overlap: boolean;
  /** What a call after a failure meets: `plugin-lost`, or a fresh instance. */
  readonly onFailure: "lost" | "fresh";
  /**
   * What happens when a durable run makes calls again to bring an instance to where it was, and one of them does not give
   * what it gave: the call that needs it fails (unless given), or goes on with what there is, or with a fresh instance.
   */
  readonly onDivergence?: "fail" | "accept" | "fresh";
  /** The most calls that a durable run makes again for that. Absent: any number. */
  readonly maxRebuildCalls?: number;
  /** Effect class by import key: `read`, `keyed`, `idempotent` or `once`. */
  readonly effects: Readonly<Record<string, "read" | "keyed" | "idempotent" | "once">>;
}

/** A package as found: its manifest and where it lies. Files are read through `read`, which never leaves the package. */
export interface PackageFiles {
  readonly manifest: Manifest;
  /** For messages: the folder or archive it came from. */
  readonly place: string;
  /** The bytes of a file of the package. Throws a Fault `package-invalid` when there is none. */
  readonly read: (path: string) => Promise<Uint8Array>;
  /** Paths of all files below a folder of the package, `/`-separated, sorted. */
  readonly list: (folder: string) => Promise<readonly string[]>;
  /** Where what takes time to make of the files is kept. Absent: it is made anew. */
  readonly cache?: Cache;
}

/** A memory that may forget. `key` is a file name: letters, digits, dots and hyphens. */
export interface Cache {
  readonly get: (key: string) => Promise<Uint8Array | undefined>;
  readonly put: (key: string, bytes: Uint8Array) => Promise<void>;
}
