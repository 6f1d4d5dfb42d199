/** What a server of instances is given, and what it gives (serve.ts). */
import type { PackageFiles } from "../../manifest.ts";
import type { Plugin } from "../../plugin.ts";
import type { FunctionKey } from "../../../wit/types.ts";
import type { argumentsCodec, codecOrNothing } from "../frames/codec.ts";
import type { Broken } from "../frames/reader.ts";

export interface Realm {
  readonly open: (files: PackageFiles) => Promise<Plugin>;
  /** Remembers which call its work belongs to, also across waiting, as well as the platform can. */
  readonly calls: { readonly run: <T>(call: number, work: () => T) => T; readonly current: () => number | undefined };
}

/** A caller that may lie. */
export interface Stranger {
  /** Told once. */
  readonly broke: (why: Broken) => void;
}

export interface Serving {
  readonly receive: (frame: Uint8Array<ArrayBuffer>) => void;
  /** Ends the instance, and what it waits for (H6). */
  readonly close: () => Promise<void>;
}

/** A function that the caller calls by its number. */
export type Target = { readonly key: FunctionKey } & ReturnType<typeof argumentsCodec> & {
    readonly result: ReturnType<typeof codecOrNothing>;
  };
