/** What is said between this process's engine thread and its keeper. No guest has a way to either of these ports. */
import type { MessagePort } from "node:worker_threads";
import type { Ended } from "../remote/ways/channel.ts";

export type Order =
  | ({ readonly kind: "start"; readonly id: number } & ThreadOrder)
  /** A process that the engine thread has started. */
  | { readonly kind: "watch"; readonly id: number; readonly pid: number; readonly limits: Int32Array }
  | { readonly kind: "kill"; readonly id: number }
  /** How long a thread may be silent from now on. */
  | { readonly kind: "longest"; readonly id: number; readonly longest: number }
  | { readonly kind: "forget"; readonly id: number }
  /** Something changed in the words while the keeper slept. */
  | { readonly kind: "wake" };

export interface ThreadOrder {
  readonly entry: string;
  readonly execArgv: readonly string[];
  readonly heapMegabytes: number;
  readonly workerData: object;
  readonly port: MessagePort;
  readonly flight: Int32Array;
  readonly limits: Int32Array;
  readonly longest: number;
}

/** A thread is over, and nothing of it is left. */
export interface Report extends Ended {
  readonly id: number;
}

/** Given to the keeper when it starts. */
export interface KeeperSetup {
  /** Its first word is 1 while the keeper sleeps until it is woken. */
  readonly sleeps: Int32Array;
}

/** What a kept thread finds in its `workerData`, beside what whoever started it put there. */
export interface KeptData {
  readonly keeper: { readonly port: MessagePort; readonly flight: Int32Array; readonly pings: MessagePort };
}
