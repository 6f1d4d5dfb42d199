/** A store that this process owns, and what may be asked of its writer, in whichever thread that is. */
import { hash as digestOf } from "node:crypto";
import type { MessagePort } from "node:worker_threads";
import type { Counts } from "../writer/awake.node.ts";
import type { Hash } from "../chain.ts";
import { Committer } from "./committer.ts";
import { nodeDriver } from "./driver.node.ts";
import { lock } from "./lock.node.ts";
import type { PackedBatch } from "../writer/packed.ts";
import { troubleWith } from "./trouble.ts";

export interface WriterOptions {
  readonly path: string;
  readonly durability: "full" | "normal";
}

/** What a writer's thread is given. */
export interface WriterSetup {
  readonly options: WriterOptions;
  readonly port: MessagePort;
  readonly counts: Counts;
}

/** What else a committer does. */
export type Chore =
  | { readonly kind: "remove"; readonly run: string }
  | { readonly kind: "forget"; readonly run: string; readonly below: number }
  | { readonly kind: "cut"; readonly run: string; readonly after: number }
  | { readonly kind: "backup"; readonly path: string }
  | { readonly kind: "vacuum" };

export const sha256: Hash = (bytes) => digestOf("sha256", bytes, "buffer");

/** A committer that owns its store. */
export interface Owned {
  readonly committer: Committer;
  readonly close: () => void;
}

/** @throws {Fault} `store-locked`, `store-newer`, `store-unreadable`, `store-readonly` */
export function own({ path, durability }: WriterOptions): Owned {
  const held = lock(path);
  try {
    const driver = nodeDriver(path);
    try {
      const committer = new Committer(driver, { place: path, hash: sha256, now: Date.now, durability });
      const close = (): void => {
        committer.close();
        held[Symbol.dispose]();
      };
      return { committer, close };
    } catch (thrown) {
      driver.close();
      throw thrown;
    }
  } catch (thrown) {
    held[Symbol.dispose]();
    throw troubleWith(path, thrown);
  }
}

export function doChore(committer: Committer, chore: Chore): number {
  switch (chore.kind) {
    case "remove":
      committer.remove(chore.run);
      return 0;
    case "forget":
      committer.forget(chore.run, chore.below);
      return 0;
    case "cut":
      committer.cut(chore.run, chore.after);
      return 0;
    case "backup":
      committer.backup(chore.path);
      return 0;
    case "vacuum":
      return committer.vacuum();
  }
}

export interface Question {
  readonly number: number;
  readonly body:
    | { readonly kind: "open" | "close" }
    | { readonly kind: "commit"; readonly batch: PackedBatch }
    | { readonly kind: "chore"; readonly chore: Chore };
}

export interface Answer {
  readonly to: number;
  /** The epoch, or what a chore gives. */
  readonly number: number;
  readonly created: readonly boolean[];
  /** Without a code: a defect. */
  readonly fault?: { readonly code: string; readonly message: string; readonly hint: string | undefined };
}
