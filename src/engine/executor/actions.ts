/**
 * What is done to runs by those who look after them.
 *
 *   A1  What is asked of a run that ended already is done, or is refused with its state; nothing is asked of two owners.
 *   A2  Paused, resumed and removed with a run are those that it spawned.
 */
import { Fault } from "../../fault.ts";
import { encodeEntry, kindOf } from "../../journal/entry/entry-codec.ts";
import type { EntryKind, Lsn } from "../../journal/entry/entry.ts";
import type { RunHeader, Store } from "../../journal/store.ts";
import { beginRun } from "../durable/durable-run.ts";
import { ValueBytes } from "../durable/value-bytes.ts";
import type { Value } from "../../wit/value.ts";
import type { Driver } from "./driver.ts";
import { isEnded } from "./ended.ts";
import type { Endings } from "./ended.ts";
import { checkId, shown } from "./names.ts";
import type { Live, Memory } from "./memory.ts";
import type { News } from "./news.ts";
import type { Places } from "./places.ts";

export interface ActionPorts {
  readonly store: Store;
  readonly memory: Memory;
  readonly driver: Driver;
  readonly places: Places;
  readonly endings: Endings;
  readonly news: News;
  readonly now: () => number;
  readonly random: (size: number) => Uint8Array;
}

const PAGE = 1000;
/** What a log has before its run does anything. */
const BEFORE: ReadonlySet<EntryKind> = new Set(["START", "SIG", "NOTE"]);

export class Actions {
  readonly #ports: ActionPorts;

  constructor(ports: ActionPorts) {
    this.#ports = ports;
  }

  /** @throws {Fault} `unknown-run` */
  async header(id: string): Promise<RunHeader> {
    const header = await this.#ports.store.header(id);
    if (header === undefined)
      throw new Fault("unknown-run", `There is no run ${shown(id)}`, { hint: "`sennit ps` lists them" });
    return header;
  }

  async cancel(id: string): Promise<void> {
    const { memory } = this.#ports;
    for (;;) {
      const live = memory.get(id);
      if (live?.state !== "aside") break;
      await live.over;
    }
    const header = await this.header(id);
    if (isEnded(header)) return;
    if (memory.get(id) === undefined && header.state === "queued" && (await this.#neverBegan(id))) return;
    if (header.state === "paused") await this.#write(id, "resumed", { state: "running" });
    const live = memory.take(id, true);
    live.cancel.abort();
    memory.look();
    await this.#cancelled(id, live);
  }

  async pause(id: string): Promise<void> {
    const header = await this.header(id);
    if (isEnded(header)) throw ended(header);
    if (header.state !== "paused") {
      await this.#ports.memory.aside(id, async () => {
        const now = await this.header(id);
        if (isEnded(now)) throw ended(now);
        await this.#note(id, "paused", { state: "paused", wake: null });
        this.#ports.places.leave(id, now.queue);
      });
    }
    for (const child of await this.#children(id)) if (!isEnded(child)) await this.pause(child.id);
  }

  async resume(id: string): Promise<void> {
    const { state } = await this.header(id);
    if (state !== "paused" && state !== "parked") {
      throw new Fault("not-paused", `${id} is ${state}: there is nothing to resume`);
    }
    await this.#again(id, state);
    for (const child of await this.#children(id)) if (child.state === "paused") await this.resume(child.id);
  }

  async retry(id: string): Promise<{ readonly id: string }> {
    const header = await this.header(id);
    if (header.state === "parked") {
      await this.#again(id, header.state);
      return { id };
    }
    if (header.state !== "failed" && header.state !== "cancelled") {
      throw new Fault("not-failed", `${id} is ${header.state}: what failed, was cancelled or is parked can be retried`);
    }
    return { id: await this.#anew(header) };
  }

  async remove(id: string): Promise<void> {
    const header = await this.header(id);
    if (!isEnded(header) && header.state !== "parked" && header.state !== "paused") {
      throw new Fault("run-running", `${id} is ${header.state}`, { hint: "Cancel or pause it first" });
    }
    await this.#remove(header);
  }

  /** The children first: what is left after a crash can be removed again. */
  async #remove({ id, queue }: RunHeader): Promise<void> {
    const { memory, store, endings, news, places } = this.#ports;
    for (const child of await this.#children(id)) await this.#remove(child);
    await memory.aside(id, async () => {
      await store.open(id);
      await store.close(id);
      await store.remove(id);
      places.leave(id, queue);
    });
    endings.forget(id);
    news.again(id);
  }

  async #children(parent: string): Promise<readonly RunHeader[]> {
    const { store } = this.#ports;
    const all: RunHeader[] = [];
    for (let page = await store.list({ parent, limit: PAGE }); page.length > 0;) {
      all.push(...page);
      const after = page.at(-1)?.id ?? "";
      page = page.length < PAGE ? [] : await store.list({ parent, limit: PAGE, after });
    }
    return all;
  }

  /** In its queue again. One that was parked is taken up by force, whatever it was parked for. */
  async #again(id: string, state: RunHeader["state"]): Promise<void> {
    const what = state === "parked" ? "by-force" : "resumed";
    await this.#write(id, what, { state: "queued", reason: "" });
    this.#ports.memory.look();
  }

  /** Begun again from its beginning, once: the id is that of the run and `+n`. */
  async #anew({ id, name, queue, key, priority, parent }: RunHeader): Promise<string> {
    if (parent !== null) {
      throw new Fault("not-failed", `${id} was spawned by ${parent}, which had its answer`, {
        hint: `Retry ${parent}`,
      });
    }
    const { driver, store, now, random, memory } = this.#ports;
    const [, base = id, count = "0"] = /^(.+)\+(\d{1,6})$/.exec(id) ?? [];
    const next = `${base}+${Number(count) + 1}`;
    checkId(next);
    using use = await driver.programOf(id);
    const { program } = use.opened;
    const args = new ValueBytes(program.ir).decode(use.start.args as Uint8Array) as readonly Value[];
    const source = new TextDecoder().decode(use.start.program as Uint8Array);
    const given = { queue, key, priority, state: "queued", created: Math.max(0, Math.floor(now())) } as const;
    const run = { id: next, name, source, function: 0, args, seed: random(32), grants: use.start.grants, ...given };
    if (await beginRun(store, program, run)) await store.close(next);
    memory.look();
    return next;
  }

  async #write(id: string, what: string, change: Partial<RunHeader>): Promise<void> {
    await this.#ports.memory.aside(id, () => this.#note(id, what, change));
  }

  async #note(id: string, what: string, change: Partial<RunHeader>): Promise<void> {
    const { store, driver } = this.#ports;
    await store.open(id);
    try {
      await driver.note(id, what, "", change);
    } finally {
      await store.close(id).catch(() => {}); // a store that was lost has said so
    }
  }

  /** A run that did nothing yet ends where it is: nothing of it happens. False: it has begun. */
  #neverBegan(id: string): Promise<boolean> {
    const { memory, store, endings, news } = this.#ports;
    return memory.aside(id, async () => {
      const header = await this.header(id);
      const entries = await store.read(id, 1, PAGE);
      if (header.state !== "queued" || entries.some(({ bytes }) => !BEFORE.has(kindOf(bytes)))) return false;
      await store.open(id);
      try {
        const value = new ValueBytes(null).encode(null);
        const end = { kind: "END", ending: "cancelled", value } as const;
        const all = [encodeEntry({ kind: "CANCEL", turn: 0 }), encodeEntry(end)];
        await store.flushed(id, store.append(id, all, { state: "cancelled", wake: null }));
      } finally {
        await store.close(id).catch(() => {}); // a store that was lost has said so
      }
      endings.forget(id);
      news.again(id);
      return true;
    });
  }

  /** Resolves when its log says that it was cancelled. */
  async #cancelled(id: string, live: Live): Promise<void> {
    const { store, news } = this.#ports;
    let [at, isOver]: [Lsn, boolean] = [1, false];
    void live.over.then(() => {
      isOver = true;
      news.again(id);
    });
    await news.until(id, null, async () => {
      const wasOver = isOver;
      for (let page = await store.read(id, at, PAGE); page.length > 0; page = await store.read(id, at, PAGE)) {
        if (page.some(({ bytes }) => kindOf(bytes) === "CANCEL" || kindOf(bytes) === "END")) return true;
        at = (page.at(-1)?.lsn ?? at) + 1;
      }
      if (!wasOver) return null;
      const header = await this.header(id);
      if (isEnded(header)) return true;
      throw new Fault(
        "not-cancelled",
        `${id} could not be cancelled: it is ${header.state} ${header.reason}`.trimEnd(),
        {
          hint: "Remove it, or retry it once what is in its way is gone",
        },
      );
    });
  }
}

function ended({ id, state }: RunHeader): Fault {
  return new Fault("run-ended", `${id} has ended: it is ${state}`);
}
