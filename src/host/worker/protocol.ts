/**
 * What a pool and its threads say to each other, in the frames of `../remote`: a kind (u8), a number (u32), a body. The pool
 * opens packages by their parcels and makes one call at a time; the thread answers with its lines, `STARTED` and one answer.
 */
import { Fault } from "../../fault.ts";
import { Broken } from "../remote/frames/reader.ts";
import type { HandleMap } from "../remote/frames/writer.ts";

/** To a thread. A package has the frame's number from then on. */
export const OPEN = 1;
/** The package's number, the function's place among its exports, the time, 32 bytes of seed, the arguments. */
export const CALL = 2;
/** So many frames of lines were dealt with. */
export const CREDIT = 6;
/** From a thread: the instance is there, and the call begins. */
export const STARTED = 3;
/** To `CALL`. */
export const ANSWER = 4;

/** Handles and functions belong to their instance and stay there. */
export const STAYING: HandleMap = {
  give: () => {
    throw new Fault("not-transferable", "A resource cannot go to another core", {
      hint: "Pass plain values to `=f=` calls.",
    });
  },
  take: () => {
    throw new Broken("a resource from another core");
  },
};
