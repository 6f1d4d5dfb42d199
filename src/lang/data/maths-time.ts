/** Durations (nanoseconds, 0 … 2^64−1) and Instants (nanoseconds since 1970). */
import { Fault } from "../../fault.ts";
import * as ints from "./maths-int.ts";
import type { Int } from "./maths-int.ts";
import type { TimeOp } from "../ir/opcode.ts";

export function timeOperation(op: TimeOp, x: Int, y: Int): Int {
  switch (op) {
    case "add":
      return duration(ints.addInt(x, y));
    case "sub":
    case "instant-sub":
      return duration(ints.subInt(x, y));
    case "add-duration":
      return ints.addInt(x, y);
    case "sub-duration":
      return ints.subInt(x, y);
    case "mul-int":
      return duration(ints.mulInt(x, y));
    case "mul-float":
      return scaled(x, y as number);
    case "div-int":
      return duration(ints.floorDivInt(x, y));
    case "div-float":
      return scaled(x, 1 / (y as number));
    case "ratio":
      return Number(x) / Number(y);
  }
}

function duration(nanoseconds: Int): Int {
  if (nanoseconds < 0) throw new Fault("overflow", "A Duration cannot go below zero");
  return nanoseconds;
}

/** To the nearest nanosecond, half away from zero. */
function scaled(x: Int, factor: number): Int {
  const product = Math.floor(Number(x) * factor + 0.5);
  if (!Number.isFinite(product)) throw new Fault("overflow", "The Duration is too long");
  return duration(ints.isSafe(product) ? product : ints.checked(BigInt(product), "The Duration"));
}
