/**
 * The engine's side of one stored run in a worker: it judges what the worker writes into the run's log, and holds what leaves the
 * run until that is durable (RECOVERY, RULE 1; I4).
 *
 *   S1  Only entries that a run writes are taken, each decoded and whole; of values beside the log, only the run's own are named
 *       or given. A worker that lies harms the runs that are in it, and no others.
 *   S2  Positions are the store's. When another's entry has one that the worker took for its own, nothing more of that life is
 *       taken: the run has `moved`, and begins again from its log, as after a crash.
 *   S3  What leaves the run waits for all that the worker had written before, whatever the worker waited for; what only reads
 *       waits for nothing.
 *   S4  The call that ended a worker is answered here, durably, before the run begins again: its program can catch that.
 */
import { Fault } from "../../../fault.ts";
import { Broken } from "../../../host/remote/frames/reader.ts";
import { decodeEntry, encodeEntry } from "../../../journal/entry/entry-codec.ts";
import { Blob } from "../../../journal/entry/entry.ts";
import type { Entry, EntryKind, EntryOf, Lsn } from "../../../journal/entry/entry.ts";
import type { Answer } from "../../../lang/effect.ts";
import type { ChildStore } from "../../durable/children/child-store.ts";
import type { LogPort, RunJournal } from "../../durable/log/log-port.ts";
import { keyOf, type Numbered } from "../../durable/log/recorded.ts";
import { ValueBytes } from "../../durable/value-bytes.ts";
import { errorOf } from "../../guests/failure.ts";
import type { LoadedProgram } from "../../load/loaded.ts";
import type { ShellResult } from "../../platform/ports.ts";
import type { RunOptions } from "../../loop/run-options.ts";
import type { Value } from "../../../wit/value.ts";
import type { ShellQuestion } from "../said/questions.ts";
import { type Appended, entriesOf, type StoredEntry, type StoredStart } from "./wire.ts";

/** What a run writes itself: how it began and ended, and what others sent to it, is not among that (S1). */
const OWN: ReadonlySet<EntryKind> = new Set([
  "REQ",
  "CALL",
  "DONE",
  "DLV",
  "OUT",
  "ARM",
  "CB",
  "CBRET",
  "DEC",
  "ABANDON",
  "GEN",
  "SNAP",
  "ISNAP",
  "CANCEL",
]);

/** A command that was asked for in this life, and what became of it once it was begun. */
interface Command {
  readonly request: EntryOf<"REQ">;
  outcome: Promise<ShellResult> | null;
}

/** Bytes of one run that are taken and not durable yet, before its worker waits. */
const MOST_AHEAD: number = 2 ** 22;

export class StoredRun {
  readonly values: ValueBytes;
  readonly children: ChildStore | null;
  readonly #port: LogPort;
  readonly #journal: RunJournal;
  readonly #options: RunOptions;
  readonly #program: LoadedProgram;
  /** Digests of values beside the log that are the run's own. */
  readonly #own = new Set<string>();
  /** Calls that are in a group, by effect and attempt, in their order. */
  readonly #calls = new Map<string, EntryOf<"CALL">>();
  /** Commands that were asked for, and have no answer. */
  readonly #commands = new Map<string, Command>();
  #last: Lsn;
  #ahead = 0;
  /** What waits for the log, in its order. */
  #line: Promise<void> | null = null;

  constructor(program: LoadedProgram, journal: RunJournal, options: RunOptions) {
    this.#program = program;
    this.#journal = journal;
    this.#options = options;
    this.#port = journal.port;
    this.values = new ValueBytes(program.ir);
    this.children = options.children ?? null;
    this.#last = this.#port.append([]);
    for (const { entry } of journal.entries) this.#know(entry);
  }

  get start(): StoredStart {
    const { entries, snapshot, bytes } = this.#journal;
    const { sleep, keep, snapshotAfter, rebuildDeadline } = this.#options;
    return {
      entries: entriesOf(entries),
      snapshot: snapshot ?? null,
      bytes: bytes ?? null,
      last: this.#last,
      durable: this.#port.durable(),
      hasChildren: this.children !== null,
      forgets: this.#port.forget !== undefined,
      ...(sleep === undefined ? {} : { sleep }),
      ...(keep === undefined ? {} : { keep }),
      ...(snapshotAfter === undefined ? {} : { snapshotAfter }),
      ...(rebuildDeadline === undefined ? {} : { rebuildDeadline }),
    };
  }

  /** Told how far the log is durable, and when it is lost. */
  watch(grown: (durable: Lsn) => void, lost: (why: Error) => void): Disposable {
    void this.#port.lost.then(lost);
    return this.#port.watch(() => grown(this.#port.durable()));
  }

  /**
   * False when the run has moved (S2). Resolves when the worker may write more.
   *
   * @throws {Broken} (S1)
   */
  append({ first, entries, change }: Appended, bytes: number): Promise<void> | false {
    const decoded = entries.map((each) => this.#judged(each));
    if (change?.snap !== undefined && change.snap > first + entries.length)
      throw new Broken(`a snapshot at ${change.snap}`);
    this.#last = Math.max(this.#last, this.#port.append([]));
    if (first !== this.#last + 1) return false;
    this.#last = this.#port.append(entries, change);
    for (const entry of decoded) this.#note(entry);
    return this.#room(bytes);
  }

  keep(bytes: Uint8Array): Promise<void> {
    this.#own.add(this.#port.keep(bytes));
    return this.#room(bytes.length);
  }

  async entries(from: Lsn, most: number): Promise<readonly StoredEntry[]> {
    const found: readonly Numbered[] = await this.#port.entries(from, most === 0 ? undefined : most);
    for (const { entry } of found) this.#know(entry);
    return entriesOf(found);
  }

  /** @throws {Fault} `blob-missing` for what is not the run's own, too */
  async blob(digest: string): Promise<Uint8Array> {
    const found = this.#own.has(digest) ? await this.#port.blob?.(digest) : undefined;
    if (found === undefined) throw new Fault("blob-missing", `The log has no value ${digest}`);
    return found;
  }

  async forget(below: Lsn): Promise<void> {
    if (below <= this.#port.durable()) await this.#port.forget?.(below);
  }

  /** Resolves when all that was written so far is durable (S3). */
  async written(): Promise<void> {
    await this.#port.flushed(this.#last);
  }

  /** Does what leaves the run, in its order; `waits`: once all before is durable. */
  inOrder(waits: boolean, work: () => void, failed: (why: unknown) => void): void {
    if (this.#line === null && (!waits || this.#port.durable() >= this.#last)) return work();
    const before = this.#line ?? Promise.resolve();
    const written = waits ? this.written() : Promise.resolve();
    const line = Promise.all([before, written]).then(work).catch(failed);
    this.#line = line;
    void line.then(() => {
      if (this.#line === line) this.#line = null;
    });
  }

  /** S4. `pack`: the package that was executing, as its worker has said. Resolves when that is durable. */
  async ended(fault: Fault, pack: number): Promise<void> {
    const open = [...this.#calls.values()];
    const call = open.findLast((each) => each.package === pack) ?? open.at(-1);
    if (call === undefined) return;
    const error = errorOf(fault, this.#program.packages[call.package]?.name ?? "sennit");
    const { eff, attempt } = call;
    const value = this.values.encode(error);
    await this.#port.flushed(this.#port.append([encodeEntry({ kind: "DONE", eff, attempt, outcome: "fault", value })]));
  }

  /** Runs a command once its request is durable (S3), and remembers what became of it until the log says so. */
  async command(question: ShellQuestion, work: () => Promise<ShellResult>): Promise<ShellResult> {
    const command = [...this.#commands.values()].find((each) => each.outcome === null && this.#asks(each, question));
    const outcome = this.written().then(work);
    if (command !== undefined) command.outcome = outcome;
    return await outcome;
  }

  /**
   * Its worker is gone: commands that were asked for are answered in the log. What was asked for durably and not begun, is
   * begun now. Once `ended` aborts, the rest is left as it is.
   */
  async answerCommands(work: (question: ShellQuestion) => Promise<ShellResult>, ended: AbortSignal): Promise<void> {
    await this.written();
    for (const command of this.#commands.values()) {
      const question = this.#questionOf(command);
      if (question === null) continue;
      const answer = await answerOf(command.outcome ?? work(question));
      if (ended.aborted) return;
      const { eff, attempt } = command.request;
      const value = this.values.encodeAnswer(answer);
      const outcome = answer.kind === "ok" ? "ok" : "error";
      this.#port.append([encodeEntry({ kind: "DONE", eff, attempt, outcome, value })]);
    }
    this.#commands.clear();
  }

  /** It lost its worker through no fault of its own: that counts for nothing. */
  isInnocent(): void {
    const at = Math.max(0, Math.floor(Date.now()));
    this.#port.append([encodeEntry({ kind: "NOTE", what: "stopped", at, text: "" })]);
  }

  /** S1 */
  #judged(bytes: Uint8Array): Entry {
    const entry = decodeEntry(bytes);
    if (!OWN.has(entry.kind)) throw new Broken(`a run that writes ${entry.kind}`);
    const other = blobsOf(entry).find(({ digest }) => !this.#own.has(digest));
    if (other !== undefined) throw new Broken(`a value that is not the run's own, ${other.digest}`);
    return entry;
  }

  #know(entry: Entry): void {
    for (const { digest } of blobsOf(entry)) this.#own.add(digest);
  }

  /** What this life writes. */
  #note(entry: Entry): void {
    this.#know(entry);
    if (entry.kind === "CALL") this.#calls.set(keyOf(entry.eff, entry.attempt), entry);
    else if (isCommand(entry)) this.#commands.set(keyOf(entry.eff, entry.attempt), { request: entry, outcome: null });
    else if (entry.kind === "DONE" || entry.kind === "ABANDON") this.#isOver(keyOf(entry.eff, entry.attempt));
  }

  #isOver(key: string): void {
    this.#calls.delete(key);
    this.#commands.delete(key);
  }

  /** Null: its text lies beside the log. */
  #questionOf({ request }: Command): ShellQuestion | null {
    if (request.input instanceof Blob) return null;
    const [commands, input] = this.values.decode(request.input) as unknown as [string[][], string | Uint8Array | null];
    return { commands, input };
  }

  #asks({ request }: Command, { commands, input }: ShellQuestion): boolean {
    const asked = [commands, input] as unknown as Value;
    return !(request.input instanceof Blob) && this.values.isSame(request.input, asked);
  }

  async #room(bytes: number): Promise<void> {
    this.#ahead += bytes;
    const written = this.written().then(() => void (this.#ahead -= bytes));
    written.catch(() => {}); // whoever watches the log is told that it is lost
    if (this.#ahead > MOST_AHEAD) await written.catch(() => {});
  }
}

function isCommand(entry: Entry): entry is EntryOf<"REQ"> {
  return entry.kind === "REQ" && entry.what === "shell" && entry.class === "once";
}

async function answerOf(outcome: Promise<ShellResult>): Promise<Answer> {
  try {
    const { stdout, stderr, status } = await outcome;
    return { kind: "ok", value: [stdout, stderr, status] };
  } catch (failure) {
    return { kind: "error", error: errorOf(failure, "sennit") };
  }
}

function blobsOf(entry: Entry): readonly Blob[] {
  return Object.values(entry).filter((value) => value instanceof Blob);
}
