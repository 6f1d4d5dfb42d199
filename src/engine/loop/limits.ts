/**
 * What a run and the runs that it starts have of what only the engine holds, and how much a package shows of itself.
 *
 *   L1  One tally counts for a whole tree of runs: workflows that spawn workflows come to the same end.
 *   L2  What is refused has not begun, and whoever asked for it can catch why.
 */
import { Fault } from "../../fault.ts";
import { DEFAULT_RUN_LIMITS, type RunLimits } from "../../host/package/limits.ts";

/** To be called once, when what was counted is over. */
export type Over = () => void;

export class Tally {
  readonly limits: RunLimits;
  #children = 0;
  #spawned = 0;
  #timers = 0;

  constructor(limits: RunLimits = DEFAULT_RUN_LIMITS) {
    this.limits = limits;
  }

  /** A workflow is to be spawned. @throws {Fault} `limit-exceeded` */
  child(): Over {
    const { children, childrenTotal } = this.limits;
    if (this.#children >= children) throw exceeded("children", `More than ${children} spawned workflows at once`);
    if (this.#spawned >= childrenTotal) {
      throw exceeded("children-total", `More than ${childrenTotal} workflows spawned by one run`);
    }
    this.#children++;
    this.#spawned++;
    return () => this.#children--;
  }

  /** Somebody is to be woken. @throws {Fault} `limit-exceeded` */
  timer(): Over {
    const { timers } = this.limits;
    if (this.#timers >= timers) throw exceeded("timers", `More than ${timers} sleeps and timeouts at once`);
    this.#timers++;
    return () => this.#timers--;
  }
}

function exceeded(limit: string, message: string): Fault {
  return new Fault("limit-exceeded", message, {
    hint: `If the program really needs more, write \`run = { ${limit} = … }\` under [limits] of its sennit.toml.`,
  });
}

/** What a line costs beside its text, so that empty ones are not free. */
const LINE = 16;

/** How much of what a package says is still shown. */
export class Volume {
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  /** `over` at the first text that does not fit; from then on nothing does. */
  take(text: string): "fits" | "over" | "silent" {
    if (this.#left < 0) return "silent";
    this.#left -= LINE + (text.length > this.#left ? text.length : encodedLength(text));
    return this.#left < 0 ? "over" : "fits";
  }
}

/** Bytes of a text as UTF-8. */
function encodedLength(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}
