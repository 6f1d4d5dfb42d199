/**
 * One interface for plugins of every language (I1).
 *
 *   H1  What crosses is `Value` (src/wit/value.ts), directed by the WIT of the plugin's world.
 *   H2  An instance serves one call at a time unless its manifest says `overlap`; a call that would re-enter an
 *       instance already on the stack fails with `re-entrant`.
 *   H3  A guest that traps, exceeds a limit or is lost makes its instance dead: this call fails with the cause, and
 *       every later call with `plugin-lost`.
 *   H4  A WIT `result` comes back as a CaseValue: turning `err` into a raised error is the engine's business.
 *   H5  Arguments are checked against the WIT before the guest sees any of them; what a guest returns, before the host uses it.
 *   H6  Disposing an instance leaves nothing running, also in the middle of a call, which then fails with `plugin-lost`.
 */
import type { FunctionKey, World } from "../wit/types.ts";
import type { Value } from "../wit/value.ts";
import type { Language, Manifest } from "./manifest.ts";
import type { CallLimits } from "./meter/meter.ts";

/** A plugin package made ready: code compiled (or checked), types decoded. Any number of instances come from it. */
export interface Plugin extends AsyncDisposable {
  readonly manifest: Manifest;
  readonly world: World;
  /** sha256 of the plugin's code and WIT, hex. */
  readonly digest: string;
  /** Its instances are `abortable`. */
  readonly abortable?: boolean;
  /**
   * What a state of its instances depends on besides the state itself: digests of the code as it runs (metered or not) and of
   * its runtime. Absent: its instances cannot be saved.
   */
  readonly stateOf?: readonly string[] | undefined;
  /**
   * Starts a fresh instance; the caller disposes it.
   * @throws {Fault} `link-failed` naming each import that is not given, `plugin-trapped` when start code fails.
   */
  instantiate(options: InstanceOptions): Promise<Instance>;
}

export interface InstanceOptions {
  /** A number of the caller's choice, unique in its run: `Handle.instance` of the resources this instance gives out. */
  readonly id: number;
  /** By the keys of the world's imports. `sennit:host/*` and `wasi:*` are provided by the host itself from the options below. */
  readonly imports: ReadonlyMap<FunctionKey, ImportedFunction>;
  /** Seeds the guest's random numbers (D8). 32 bytes. */
  readonly seed: Uint8Array;
  /** Milliseconds since the epoch that the guest's clocks show. Asked at most once per delivery (D8, HAZARDS 22). */
  readonly now: () => number;
  /** What the guest printed or logged, by lines. Denied unless the plugin was granted `log`: then lines are dropped. */
  readonly log: (line: LogLine) => void;
  /** How far the guest says it has come, for people to look at. Absent: nobody looks. */
  readonly progress?: ReportProgress;
  /**
   * The run this instance belongs to, one object for all its instances: where instances are admitted by memory, those of
   * one run are admitted together, so that two runs never wait for each other's second instance.
   */
  readonly together?: Together;
  /** Suspends for a guest's `sleep`. */
  readonly sleep: (milliseconds: number) => Promise<void>;
  /**
   * What a call may take, in place of what the manifest says, key by key. A component's or Lua's code is metered when
   * anything limits it, and runs as it is otherwise.
   */
  readonly limits?: CallLimits;
  /**
   * What `save` of another instance of this plugin gave, with the same `stateOf`: the instance starts as that one was, and
   * no start code runs. The bytes are checked as a stranger's. @throws {Fault} `state-invalid` from `instantiate`
   */
  readonly state?: Uint8Array;
}

/** The effect of a durable run that a call is. */
export interface CallEffect {
  /** The same however often it is done: by it, whoever gets it knows one that comes again. */
  readonly key: string;
  readonly class: Manifest["effects"][string];
}

/** `total` is null while it is unknown, `text` when there is none. Numbers beyond 2^53 are rounded. */
export type ReportProgress = (done: number, total: number | null, text: string | null) => void;

/** Compared by identity. */
export interface Together {
  /** The most instances of each language that the run may have at once. */
  readonly count: Readonly<Partial<Record<Language, number>>>;
}

export interface LogLine {
  readonly level: "trace" | "debug" | "info" | "warn" | "error";
  readonly text: string;
}

/**
 * A function that a plugin imports. `colour` says whether `call` may return a promise: a synchronous guest needs JSPI
 * (components), `run_sync` (Python) or a yield (Lua) to wait for one.
 */
export interface ImportedFunction {
  readonly colour: "sync" | "async";
  readonly call: (args: readonly Value[]) => Value | Promise<Value>;
}

/** One running copy of a plugin with its own state. */
export interface Instance extends AsyncDisposable {
  readonly id: number;
  /** False once the guest trapped, was killed or disposed. */
  readonly alive: boolean;
  /**
   * `sync`: a call that finds the instance idle answers without a promise, so a synchronous guest may import from here
   * without JSPI. Absent: `async`.
   */
  readonly colour?: "sync" | "async";
  /** Units of work of the last call, the same every time; absent when the code is not metered. */
  readonly spent?: number | undefined;
  /**
   * Calls an export. Returns a value when the guest answered synchronously, else a promise of it.
   * `effect` is given where it leaves a durable run: to packages of the host and of the embedding program.
   * @throws {Fault} (or rejects with) `type-mismatch`, `out-of-range`, `plugin-trapped`, `plugin-lost`, `re-entrant`, or the import's fault.
   */
  call(fn: FunctionKey, args: readonly Value[], signal?: AbortSignal, effect?: CallEffect): Value | Promise<Value>;
  /** Its calls stop when the `signal` of theirs aborts: nobody will hear the answer. A guest's calls run to their end. */
  readonly abortable?: boolean;
  /**
   * As `call` for each list of arguments in turn, in one message to another thread. The first call that fails is the
   * last that is made, and so is, `untilErr`, the first that answers `err`: there may be fewer answers than calls, and
   * never none. After `stop` aborts, no further call begins. Absent where a call needs no message.
   */
  callMany?(fn: FunctionKey, calls: readonly (readonly Value[])[], options: ManyOptions): Promise<readonly Answer[]>;
  /**
   * Its whole state as bytes, between calls. Null when it cannot be told now: handles are given out, tasks are pending, or
   * something of it cannot be read (HAZARDS 35). Absent: never. Changes nothing that a guest could notice.
   */
  readonly save?: (() => Promise<Uint8Array | null>) | undefined;
  /** Drops a handle that this instance gave out. Dropping twice is nothing. */
  drop(handle: number): void | Promise<void>;
}

export interface ManyOptions {
  readonly untilErr: boolean;
  readonly stop: AbortSignal;
}

/** How one of several calls ended. */
export type Answer = { readonly value: Value } | { readonly thrown: unknown };
