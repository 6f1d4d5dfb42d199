/**
 * What a plugin gave is not of the type that its WIT promises (H5). Never `type-mismatch`: that is the caller's mistake.
 */
import { Fault, type FaultDetails } from "../fault.ts";

/**
 * @param doing what the plugin did with the value
 * @param fn the call, as messages name it
 * @param problem what is wrong, and where in the value
 */
export function invalidValue(
  source: string,
  doing: "returned" | "raised" | "passed",
  fn: string,
  problem: string,
  details: Omit<FaultDetails, "source"> = {},
): Fault {
  const message = `${source} ${doing} what is not of its type in ${fn}: ${problem}`;
  return new Fault("plugin-invalid-value", message, { ...details, source });
}
