/** `--isolation`, where it is given. */
import { Fault } from "../fault.ts";
import type { IsolationLevel } from "../host/package/project.ts";
import type { Invocation } from "./arguments.ts";

const LEVELS: readonly IsolationLevel[] = ["L0", "L1", "L2"];

/** @throws {Fault} `usage` */
export function isolationIn(invocation: Invocation): IsolationLevel | undefined {
  const given = invocation.value("isolation");
  if (given === undefined) return undefined;
  const level = LEVELS.find((each) => each === given.toUpperCase());
  if (level !== undefined) return level;
  throw new Fault("usage", `\`--isolation\` takes L0, L1 or L2, and not \`${given}\``, {
    hint: "L0 is this thread, L1 a worker, L2 a process of its own",
  });
}
