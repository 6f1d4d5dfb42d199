/**
 * What a run's log is made of (RECOVERY, "what is recorded"). Effects, values and programs are named here and never looked
 * into: their bytes belong to the engine, and mean something to it alone.
 *
 *   E1  An entry is written once and never changed. Its position in its run's log is its `Lsn`, from 1 and without gaps.
 *   E2  The first entry of a log is its only START; after END nothing follows but OUT that was said before, SIG, and NOTE.
 *   E3  An answer's arrival (DONE) and its delivery (DLV) are entries of their own: the order of deliveries is that of DLV.
 *   E4  Times `at` are milliseconds since the run's START was created; they never go back. Older versions left them out.
 */

/** A position in the log of one run, from 1. */
export type Lsn = number;

/** 32 lower-case hex digits: an effect, by where in the program it was asked for (RECOVERY, IDS). */
export type EffectId = string;

/** sha256, 64 lower-case hex digits. */
export type Digest = string;

/** A large value that lies beside the log, by its content. */
export class Blob {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  constructor(digest: Digest, size: number) {
    this.digest = digest;
    this.size = size;
  }
}

/** A value in the engine's own encoding: here, or beside the log when it is large. */
export type Payload = Uint8Array | Blob;

export type EffectClass = "read" | "keyed" | "idempotent" | "once";

/**
 * How an effect ended. An `error` is what the program may catch, what was denied, cancelled or left uncertain among it; a
 * `fault` ended a guest and is never computed again; what is `abandoned` is delivered to nobody.
 */
export type Outcome = "ok" | "error" | "fault" | "abandoned";

export type Channel = "print" | "log" | "emit" | "progress";

export type Ending = "done" | "failed" | "cancelled";

export type Entry =
  /** The run begins. `packages` are names and digests in turn; `parent` is empty, or a run and the effect that spawned this one. */
  | {
      readonly kind: "START";
      readonly ir: Digest;
      readonly program: Payload;
      readonly packages: readonly string[];
      readonly function: number;
      readonly args: Payload;
      /** 32 bytes. */
      readonly seed: Uint8Array;
      /** Milliseconds since the epoch. */
      readonly created: number;
      readonly parent: readonly string[];
      readonly grants: readonly string[];
    }
  /** An effect was asked for that leaves the run. `what` is for people; `input` tells it from another (Diverged). */
  | {
      readonly kind: "REQ";
      readonly eff: EffectId;
      readonly attempt: number;
      readonly class: EffectClass;
      readonly what: string;
      readonly input: Payload;
    }
  /** A call entered a group of instances: its `seq`-th since generation `gen` began. */
  | {
      readonly kind: "CALL";
      readonly eff: EffectId;
      readonly attempt: number;
      readonly group: number;
      readonly gen: number;
      readonly seq: number;
      readonly package: number;
      readonly function: string;
      readonly args: Payload;
      /** What the clocks of the group show while it begins. */
      readonly at?: number;
    }
  /** An answer arrived. */
  | {
      readonly kind: "DONE";
      readonly eff: EffectId;
      readonly attempt: number;
      readonly outcome: Outcome;
      readonly value: Payload;
      /** Of what a guest imports: what its clocks show from then on. */
      readonly at?: number;
    }
  /**
   * An answer was given to the program or a guest. `turn` is 0 when every branch waited; else how often the VM had yielded.
   * `signal` is the position of the SIG that it is the answer of, or 0.
   */
  | {
      readonly kind: "DLV";
      readonly eff: EffectId;
      readonly attempt: number;
      readonly turn: number;
      readonly signal: Lsn;
      readonly at?: number;
    }
  /** The run showed something. */
  | { readonly kind: "OUT"; readonly eff: EffectId; readonly channel: Channel; readonly value: Payload }
  /** A timer was set, to `at`: milliseconds since the epoch. */
  | { readonly kind: "ARM"; readonly eff: EffectId; readonly attempt: number; readonly at: number }
  /** Something came for the run. One sender's id is taken once. */
  | { readonly kind: "SIG"; readonly name: string; readonly sender: string; readonly value: Payload }
  /**
   * The guest of a call called back for the `n`-th time, from 0, and the program took it up while every branch waited: the
   * `closure`-th of those among the call's arguments begins.
   */
  | {
      readonly kind: "CB";
      readonly eff: EffectId;
      readonly attempt: number;
      readonly n: number;
      readonly closure: number;
      readonly args: Payload;
      readonly at?: number;
    }
  /** How that ended. */
  | {
      readonly kind: "CBRET";
      readonly eff: EffectId;
      readonly attempt: number;
      readonly n: number;
      readonly outcome: Outcome;
      readonly value: Payload;
      /** What the clocks of the call's group show from then on. */
      readonly at?: number;
    }
  /** Which branch of a race, timeout or cancelled scope went on. */
  | { readonly kind: "DEC"; readonly eff: EffectId; readonly winner: number }
  /** Nobody waits for the effect any more, and it was not performed. */
  | { readonly kind: "ABANDON"; readonly eff: EffectId; readonly attempt: number }
  /** A group of instances was lost after its `upto`-th call; the next generation begins, with the trace of those after `from`. */
  | {
      readonly kind: "GEN";
      readonly group: number;
      readonly gen: number;
      readonly upto: number;
      readonly from: number;
    }
  /** The whole state of the VM, every delivery before this entry taken. */
  | { readonly kind: "SNAP"; readonly ir: Digest; readonly state: Payload }
  /** The whole state of a group, `seq` calls taken. `cores` are the digests of the code that can read it. */
  | {
      readonly kind: "ISNAP";
      readonly group: number;
      readonly gen: number;
      readonly seq: number;
      readonly cores: readonly Digest[];
      readonly state: Payload;
    }
  /** The run goes on with another program. */
  | {
      readonly kind: "MIGRATE";
      readonly ir: Digest;
      readonly program: Payload;
      readonly packages: readonly string[];
      readonly map: Payload;
    }
  /** Somebody asked for the run to be cancelled; `turn` as in DLV. */
  | { readonly kind: "CANCEL"; readonly turn: number }
  /** For people: taken up again, moved, parked and why. */
  | { readonly kind: "NOTE"; readonly what: string; readonly at: number; readonly text: string }
  | { readonly kind: "END"; readonly ending: Ending; readonly value: Payload }
  /**
   * The log up to here is that of another run, `of`, up to its entry `at`: its effects, and those to come, are named after
   * the run `root`, where it began.
   */
  | { readonly kind: "FORK"; readonly root: string; readonly of: string; readonly at: Lsn };

export type EntryKind = Entry["kind"];
export type EntryOf<K extends EntryKind> = Extract<Entry, { readonly kind: K }>;
