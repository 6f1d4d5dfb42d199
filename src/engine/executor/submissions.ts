/** Runs begun by their users: each once, however often its submission comes. */
import { Fault } from "../../fault.ts";
import type { Store } from "../../journal/store.ts";
import type { Value } from "../../wit/value.ts";
import { beginRun, startOf } from "../durable/durable-run.ts";
import { ValueBytes } from "../durable/value-bytes.ts";
import type { LoadedProgram } from "../load/loaded.ts";
import { paramsFromPlain, paramsFromTexts } from "../embedding/parameters.ts";
import type { Submission } from "./executor.ts";
import { checkId, checkName, checkPriority, checkText } from "./names.ts";
import type { Programs, Use } from "./programs.ts";

export interface SubmissionPorts {
  readonly store: Store;
  readonly programs: Programs;
  readonly grants: readonly string[];
  readonly now: () => number;
  readonly uuid: () => string;
  readonly random: (size: number) => Uint8Array;
}

export class Submissions {
  readonly #ports: SubmissionPorts;

  constructor(ports: SubmissionPorts) {
    this.#ports = ports;
  }

  /** Makes a queued run, durably, unless it is there. @throws {Fault} `id-taken`, and whatever is wrong with it */
  async begin(run: Submission): Promise<{ readonly id: string; readonly isNew: boolean }> {
    const { store, now, uuid, random } = this.#ports;
    checkFields(run);
    using use = await this.#use(run);
    const { program } = use.opened;
    const args = argsOf(run, program);
    const { id = uuid(), file, source, queue = "", key = "", priority = 0, seed = random(32) } = run;
    const given = { queue, key, priority, state: "queued", created: Math.max(0, Math.floor(now())) } as const;
    const grants = this.#grants(run);
    const isNew = await beginRun(store, program, { id, name: file, source, function: 0, args, seed, grants, ...given });
    if (isNew) await store.close(id);
    else await this.#refuseOther(id, run, program, args);
    return { id, isNew };
  }

  /** Everything that `begin` would refuse. */
  async check(run: Submission): Promise<void> {
    checkFields(run);
    using use = await this.#use(run);
    argsOf(run, use.opened.program);
  }

  #use(run: Submission): Promise<Use> {
    const { file, source } = run;
    return this.#ports.programs.use({ file, source, grants: this.#grants(run) });
  }

  #grants({ grants = [] }: Submission): readonly string[] {
    return [...this.#ports.grants, ...grants];
  }

  async #refuseOther(id: string, run: Submission, { ir }: LoadedProgram, args: readonly Value[]): Promise<void> {
    const { program, args: before, parent } = await startOf(this.#ports.store, id);
    const isSame = (): boolean => new ValueBytes(ir).isSame(before as Uint8Array, [...args]);
    const text = new TextDecoder().decode(program as Uint8Array);
    if (parent.length === 0 && text === run.source && isSame()) return;
    throw new Fault("id-taken", `There is a run ${id} already, of another program or with other params`, {
      hint: "Choose another id.",
    });
  }
}

function checkFields({ id, queue, key, priority, seed, grants = [] }: Submission): void {
  if (id !== undefined) checkId(id);
  if (queue !== undefined && queue !== "") checkName("queue", queue);
  if (key !== undefined && key !== "") checkText("key", key);
  if (priority !== undefined) checkPriority(priority);
  if (seed !== undefined && seed.length !== 32) throw new Fault("bad-seed", "A seed has 32 bytes");
  if (grants.length > 1000) throw new Fault("bad-grant", "A run has at most 1000 grants");
}

function argsOf({ params, texts }: Submission, program: LoadedProgram): readonly Value[] {
  if (params !== undefined && texts !== undefined) {
    throw new Fault("bad-param", "Params are given as values or as texts, not as both");
  }
  return texts === undefined ? paramsFromPlain(program.params, params ?? {}) : paramsFromTexts(program.params, texts);
}
