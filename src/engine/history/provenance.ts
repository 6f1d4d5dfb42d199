/** What data came from what process, as a graph. */
import type { Place } from "../../lang/ir/ir.ts";
import type { Shown } from "./shown.ts";

export type ProcessKind =
  /** Given to the run. */
  | "param"
  /** A call, a command, and whatever else the program asks for. */
  | "effect"
  /** A function of the program, with everything inside it. */
  | "function"
  /** What the run showed. */
  | "output"
  /** What it came to. */
  | "result";

export interface ProcessNode {
  readonly id: number;
  readonly kind: ProcessKind;
  /** `call acme:stats mean`. */
  readonly name: string;
  /** The package that did it; null: the program, or its user. */
  readonly package: string | null;
  readonly place: Place | null;
  /** Its step in the history; null for what the log does not tell. */
  readonly step: number | null;
  readonly begun: number | null;
  readonly ended: number | null;
  /** What it gave. */
  readonly value: Shown | null;
}

/** Data flowed from one to the other. */
export interface Flow {
  readonly from: number;
  readonly to: number;
}

export interface Provenance {
  readonly run: string;
  readonly nodes: readonly ProcessNode[];
  /** In the order of their ends. */
  readonly flows: readonly Flow[];
}
