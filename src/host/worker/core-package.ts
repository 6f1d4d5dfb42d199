/** A package as the pool's side knows it: its bytes for the threads, and what their answers have to look like. */
import { Fault } from "../../fault.ts";
import { LiftBudget } from "../../wit/budget.ts";
import { type FunctionKey, functionsOf } from "../../wit/types.ts";
import type { PackageFiles } from "../manifest.ts";
import { liftLimitsOf } from "../meter/limits.ts";
import { packParcel } from "../remote/frames/parcel.ts";
import type { Prepared } from "../remote/caller/prepare.node.ts";
import { Reader } from "../remote/frames/reader.ts";
import { type Export, exportOf } from "../remote/caller/targets.ts";
import { STAYING } from "./protocol.ts";

/** A package that may be called on other cores. */
export interface CorePackage {
  /** With the limits that hold for it in its manifest. */
  readonly files: PackageFiles;
  /** The `digest` of the plugin that the caller knows: files that changed meanwhile are refused. */
  readonly digest: string;
}

/** One that was prepared, and the number that threads know it by. */
export class SentPackage {
  readonly number: number;
  readonly source: string;
  readonly isPython: boolean;
  readonly parcel: Uint8Array;
  /** Milliseconds of one call. */
  readonly deadline: number | undefined;
  readonly reader: Reader;
  readonly #targets: ReadonlyMap<FunctionKey, Parameters<typeof exportOf>>;
  readonly #exports = new Map<FunctionKey, Export>();

  constructor(number: number, { files: { manifest }, world, parcel }: Prepared) {
    this.number = number;
    this.source = manifest.name;
    this.isPython = manifest.language === "python";
    this.parcel = packParcel(parcel);
    this.deadline = manifest.limits.deadline;
    this.reader = new Reader(STAYING, new LiftBudget(liftLimitsOf(manifest)));
    this.#targets = new Map([...functionsOf(world.exports)].map((each, at) => [each[0], [each, at]]));
  }

  /** @throws {Fault} `unknown-function`; `plugin-unsupported` for types that cannot leave their instance */
  export(key: FunctionKey): Export {
    const known = this.#exports.get(key);
    if (known !== undefined) return known;
    const target = this.#targets.get(key);
    if (target === undefined) throw this.fault("unknown-function", `${this.source} has no function ${key}`);
    const [, made] = exportOf(...target);
    this.#exports.set(key, made);
    return made;
  }

  fault(code: string, message: string, more: { cause?: unknown; hint?: string } = {}): Fault {
    return new Fault(code, message, { source: this.source, ...more });
  }
}
