/**
 * What the engine keeps of a run in memory, so that it goes on elsewhere when its worker is gone (HAZARDS 4): what reached it, what
 * it asked for and was answered, and how much it has shown.
 *
 *   K1  A run that begins again in another worker is let in what reached it, in that order, asks again for what it asked for, is
 *       given what it was answered, and shows again what it has shown: of all this nothing is done or shown twice.
 *   K2  What it does is compared with what it did, byte by byte; of what it shows, a digest. Where they differ it is over: nothing
 *       that follows was seen by anybody.
 *   K3  Beyond so many bytes nothing is kept any more, and what was is forgotten: such a run is lost with its worker.
 *   K4  What it has outside (commands, calls on other cores, instances that are not in its worker) stays as it is while it begins
 *       again, but for Python workers: those have a port to the worker that is gone, and the run gets fresh ones.
 */
import type { Together } from "../../../host/plugin.ts";
import { countByLanguage } from "../../guests/instances.ts";
import type { LoadedProgram } from "../../load/loaded.ts";
import type { Digest32 } from "./digest.ts";
import { digested, NOTHING_SHOWN } from "./digest.ts";
import { KeptLink } from "./kept-link.ts";
import { KeptQuestion } from "./kept-question.ts";
import { otherwise } from "./otherwise.ts";

/** Bytes of one run. */
const MOST_KEPT: number = 2 ** 23;

export class Kept {
  readonly together: Together;
  readonly #most: number;
  #tape: Uint8Array[] = [];
  #bytes = 0;
  #isWhole: boolean;
  #wasSeen = false;
  readonly #questions = new Set<KeptQuestion>();
  readonly #links = new Set<KeptLink>();
  /** Those of a life before that it has not come to again. */
  readonly #expected = new Set<KeptQuestion | KeptLink>();
  /** What it has shown: how much, and what. */
  #shown = 0;
  #digest: Digest32 = NOTHING_SHOWN;
  /** The same of the present life, until it has shown as much. */
  #again: { shown: number; digest: Digest32 } | null = null;
  #isLive = true;
  #isOver: Promise<void> | null = null;

  /** @param most bytes; 0: nothing is kept */
  constructor(program: Pick<LoadedProgram, "packages">, most: number = MOST_KEPT) {
    this.together = { count: countByLanguage(program.packages) };
    this.#most = most;
    this.#isWhole = most > 0;
  }

  /** Whether it can begin again, as far as is known. */
  get canAgain(): boolean {
    return this.#isOver === null && (this.#isWhole || !this.#wasSeen);
  }

  /** Whether more was to be kept than may be (K3). */
  get isTooMuch(): boolean {
    return !this.#isWhole;
  }

  /** A life of it begins: what is to be played back. */
  begin(): readonly Uint8Array[] {
    this.#isLive = this.#tape.length === 0;
    this.#again = this.#shown === 0 ? null : { shown: 0, digest: NOTHING_SHOWN };
    for (const each of this.#all) {
      each.begin();
      this.#expected.add(each);
    }
    return this.#tape;
  }

  /** Its worker is gone, and it may begin again. */
  pause(): void {
    this.#expected.clear();
    for (const each of this.#all) each.detach();
  }

  /** What reached it; everything that was noted before has been played back. */
  tape(bytes: Uint8Array): void {
    this.#isLive = true;
    if (bytes.length === 0 || !this.#isWhole) return;
    this.#tape.push(bytes);
    this.keep(bytes.length);
  }

  /** Whether what it shows is new. @param record as it came, after the number of the run @throws {Fault} `run-lost` */
  shows(kind: number, record: Uint8Array): boolean {
    this.#wasSeen = true;
    const again = this.#again;
    if (again === null) {
      this.#refuseUnlessLive("shows more");
      this.#shown += 1;
      this.#digest = digested(this.#digest, kind, record);
      return true;
    }
    again.shown += 1;
    again.digest = digested(again.digest, kind, record);
    if (again.shown < this.#shown) return false;
    if (again.digest !== this.#digest) throw otherwise("it shows something else");
    this.#again = null;
    return false;
  }

  /** A question that was asked before, or a new one. @param content what it asks, without numbers @throws {Fault} `run-lost` */
  asks(kind: number, content: Uint8Array): KeptQuestion {
    this.#wasSeen = true;
    for (const each of this.#expected) {
      if (each instanceof KeptQuestion && each.isSame(kind, content)) return this.#found(each);
    }
    this.#refuseUnlessLive("asks for something else");
    const question = new KeptQuestion(kind, content, this);
    this.#questions.add(question);
    if (this.#isWhole) this.keep(content.length);
    return question;
  }

  /** A connection that it had before, or a new one. @throws {Fault} `run-lost` */
  connects(pack: number, limits: string): KeptLink {
    this.#wasSeen = true;
    for (const each of this.#expected) {
      if (each instanceof KeptLink && each.isSame(pack, limits)) return this.#found(each);
    }
    this.#refuseUnlessLive("asks for another package");
    const link = new KeptLink(pack, limits, this);
    this.#links.add(link);
    return link;
  }

  /** It has ended as a run does. @throws {Fault} `run-lost` when it did less than before */
  ended(): void {
    this.#refuseUnlessLive("ends earlier");
    if (this.#again !== null) throw otherwise("it shows less");
    if (this.#expected.size > 0) throw otherwise("it asks for less");
  }

  /** Questions of a kind that were not answered. */
  open(kind: number): readonly KeptQuestion[] {
    return [...this.#questions].filter((each) => each.isOpen(kind));
  }

  /** Nothing of it is left outside when this resolves. */
  over(): Promise<void> {
    this.#isOver ??= this.#end();
    return this.#isOver;
  }

  /** Counts what is to be kept; what is too much is forgotten. */
  keep(bytes: number): void {
    this.#bytes += bytes + OVERHEAD;
    if (this.#bytes <= this.#most || this.#expected.size > 0) return;
    this.#isWhole = false; // K3
    this.#tape = [];
    for (const each of this.#all) each.forget();
  }

  /** It is over, and will not be asked for again. */
  drop(each: KeptQuestion | KeptLink): void {
    this.#questions.delete(each as KeptQuestion);
    this.#links.delete(each as KeptLink);
  }

  get keepsAll(): boolean {
    return this.#isWhole;
  }

  /** @throws {Fault} `run-lost` */
  refuse(what: string): never {
    throw otherwise(what);
  }

  /** @throws {Fault} `run-lost` */
  refuseUnlessLive(): void {
    this.#refuseUnlessLive("says something else to a package");
  }

  async #end(): Promise<void> {
    this.#tape = [];
    await Promise.all(this.#all.map((each) => each.end()));
  }

  get #all(): readonly (KeptQuestion | KeptLink)[] {
    return [...this.#questions, ...this.#links];
  }

  #found<T extends KeptQuestion | KeptLink>(each: T): T {
    this.#expected.delete(each);
    return each;
  }

  /** K2 */
  #refuseUnlessLive(what: string): void {
    if (!this.#isLive) throw otherwise(`it ${what}`);
  }
}

/** What one thing that is kept takes besides its bytes. */
const OVERHEAD = 64;
