/**
 * The ways to make an instance of a component. There are two: `jco/`, which takes everything, and `direct/`, which takes
 * what a plan could be made for and is many times faster. What happens between calls is the same for both (instance.ts).
 */
import type { FunctionKey } from "../../wit/types.ts";
import type { BindExport, Guest, Handles } from "./guest.ts";
import type { Imports } from "./import-call.ts";
import type { Meter } from "../meter/meter.ts";
import type { StateOwner, StateReader } from "../state/bytes.ts";
import type { WasiContext } from "./wasi/context.ts";

export interface Linker {
  /** Makes ready what instances with these suspending imports need. @throws {Fault} (rejects with) */
  readonly prepare: (suspending: readonly FunctionKey[], metered: boolean) => Promise<void>;
  /**
   * @param meter counts what the instance's cores do, start code included; null: nobody does
   * @throws {Fault} (rejects with)
   */
  readonly link: (
    id: number,
    imports: Imports,
    suspending: readonly FunctionKey[],
    meter: Meter | null,
    wasi: WasiContext,
  ) => Linked | Promise<Linked>;
}

export interface Linked {
  readonly handles: Handles;
  /** Runs the start code. What it throws is the guest's failure. */
  readonly start: (guest: Guest) => BindExport;
  /** In place of `start`: takes up a saved state, and runs nothing. Absent where there are none. @throws {Fault} `state-invalid` */
  readonly restore?: (guest: Guest, from: StateReader) => BindExport;
  /** All of its state, between calls; null when something of it cannot be told. */
  readonly save?: (owner: StateOwner) => Uint8Array | null;
}
