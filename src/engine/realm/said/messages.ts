/** What the engine says to a run worker, which trusts it: structured data. */
import type { MessagePort } from "node:worker_threads";
import type { Ended } from "../../../host/remote/ways/channel.ts";
import type { Manifest } from "../../../host/manifest.ts";
import type { Parcel } from "../../../host/remote/frames/parcel.ts";
import type { Type } from "../../../lang/types.ts";
import type { World } from "../../../wit/types.ts";
import type { LoadedPackage, LoadedProgram } from "../../load/loaded.ts";
import type { StoredStart } from "../stored/wire.ts";

/**
 * How its instances are called. `frames`: by those of `host/remote`. `untyped`: the same, for functions without WIT, which take
 * and give untyped data. `python`: straight to a Python worker.
 */
export type Way = "frames" | "untyped" | "python";

/** Inside: the worker opens it. Outside: it is reached over a connection. */
export type Place =
  | { readonly kind: "inside"; readonly parcel: Parcel }
  | {
      readonly kind: "outside";
      readonly manifest: Manifest;
      /** As its instances are called over the connection. */
      readonly world: World;
      readonly digest: string;
      readonly stateOf?: readonly string[] | undefined;
      readonly way: Way;
      /** Its calls stop when they are given up. */
      readonly abortable: boolean;
    };

export interface PackageMessage extends Pick<LoadedPackage, "name" | "imports" | "granted"> {
  readonly place: Place;
}

/** What a Python worker died of: a copy of an error loses its code. */
export interface Death {
  readonly message: string;
  readonly code: string | null;
}

export type ToWorker =
  | {
      readonly kind: "open";
      readonly program: number;
      readonly ir: Uint8Array;
      readonly result: Type;
      readonly limits: LoadedProgram["limits"];
      readonly packages: readonly PackageMessage[];
    }
  | { readonly kind: "close"; readonly program: number }
  /** Nobody waits for it yet: it reads what every program needs. */
  | { readonly kind: "warm" }
  | {
      readonly kind: "run";
      readonly run: number;
      readonly program: number;
      readonly fn: number;
      /** `ir-values.ts`: one list. */
      readonly args: Uint8Array;
      readonly id: string;
      readonly seed: Uint8Array;
      readonly oneByOne: boolean;
      /** What is to be played back (`again/tape.ts`). Null: nothing is noted. */
      readonly tape: readonly Uint8Array[] | null;
      /** Null: it is in memory only. */
      readonly stored: StoredStart | null;
      /** The address of a webhook, as `stored/webhook.ts` reads it. Null: it has none. */
      readonly webhook: string | null;
    }
  /** How far the log of a run is durable. */
  | { readonly kind: "durable"; readonly run: number; readonly lsn: number }
  /** Nothing can be written any more: why, as bytes. */
  | { readonly kind: "log-lost"; readonly run: number; readonly fault: Uint8Array<ArrayBuffer> }
  | { readonly kind: "cancel"; readonly run: number }
  /** It ends where it is: nobody takes what it gives. */
  | { readonly kind: "stop"; readonly run: number }
  | { readonly kind: "answer"; readonly question: number; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: "credit"; readonly bytes: number }
  | { readonly kind: "frame"; readonly connection: number; readonly bytes: ArrayBuffer }
  | { readonly kind: "gone"; readonly connection: number; readonly ended: Ended }
  /** A Python worker that is ready, at the end of a port of its own. */
  | {
      readonly kind: "python";
      readonly connection: number;
      readonly port: MessagePort;
      readonly stops: Int32Array;
    }
  /** It could not be started: a fault as data. */
  | { readonly kind: "no-python"; readonly connection: number; readonly fault: Uint8Array<ArrayBuffer> }
  | { readonly kind: "python-gone"; readonly connection: number; readonly error: Death | null }
  | { readonly kind: "ping"; readonly number: number };
