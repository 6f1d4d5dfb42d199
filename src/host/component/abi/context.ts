/**
 * One canonical definition at work in one instance: its memory, its strings, what its call borrowed.
 *
 *   X1  A context serves one call at a time, and only while values cross: before the core function and after it.
 */
import type { CanonOptions } from "./abi.ts";
import type { AbiGuest } from "./guest.ts";
import type { BorrowScope, HandleTable } from "./handles.ts";
import { GuestMemory } from "./memory.ts";
import { stringsOf, type Strings } from "./strings.ts";

export class Context extends GuestMemory {
  readonly handles: HandleTable;
  readonly strings: Strings;
  /** Of the call whose values are crossing now. */
  scope: BorrowScope | null = null;

  constructor(guest: AbiGuest, options: CanonOptions) {
    super(guest, options);
    this.handles = guest.handles;
    this.strings = stringsOf(options.encoding);
  }
}
