/** A daemon keeps its store: what is lost is opened again, and requests are told why until then. */
import { describe, expect, it, vi } from "vitest";
import { Keeping } from "../../src/daemon/keeping.node.ts";
import type { Kept } from "../../src/daemon/keeping.node.ts";
import { Fault } from "../../src/fault.ts";
import { MemoryStore } from "../../src/journal/memory-store.ts";
import { sha256 } from "../journal/stores.ts";
import { FakeExecutor } from "./fake-executor.ts";

/** A store that a test loses, or that cannot be opened. */
class Disk {
  readonly executors: FakeExecutor[] = [];
  readonly notes: string[] = [];
  tries = 0;
  trouble: Fault | null = null;
  opened: PromiseWithResolvers<void> = Promise.withResolvers();
  refused: PromiseWithResolvers<void> = Promise.withResolvers();
  #store: MemoryStore | null = null;

  readonly open = async (): Promise<Kept> => {
    this.tries++;
    if (this.trouble !== null) {
      this.refused.resolve();
      throw this.trouble;
    }
    if (this.executors.at(-1)?.disposed === false) throw new Error("two owners at once");
    const executor = new FakeExecutor();
    this.executors.push(executor);
    this.#store = new MemoryStore({ hash: sha256 });
    this.opened.resolve();
    return { store: this.#store, executor };
  };

  lose(): void {
    this.opened = Promise.withResolvers();
    this.#store?.crash();
  }

  keep(): Promise<Keeping> {
    return Keeping.open({ open: this.open, note: (line) => this.notes.push(line), pause: 1 });
  }
}

describe("Keeping", () => {
  it("opens a lost store again (K1), once the one before is closed (K2)", async () => {
    const disk = new Disk();
    await using keeping = await disk.keep();
    disk.lose();
    await disk.opened.promise;

    expect(disk.executors.map(({ disposed }) => disposed)).toEqual([true, false]);
    await vi.waitFor(() => expect(keeping.executor()).toBe(disk.executors[1]));
  });

  it("opens it again too when only the executor is lost, and tells whoever waits for it (K3)", async () => {
    const disk = new Disk();
    await using keeping = await disk.keep();
    const left = keeping.left();
    disk.opened = Promise.withResolvers();
    disk.executors[0]?.lose(new Error("a defect"));
    await disk.opened.promise;

    expect(left.aborted).toBe(true);
    await vi.waitFor(() => expect(keeping.executor()).toBe(disk.executors[1]));
    expect(keeping.left().aborted).toBe(false);
  });

  it("tells why there is none while it cannot be opened, and goes on trying", async () => {
    const disk = new Disk();
    await using keeping = await disk.keep();
    disk.trouble = new Fault("store-full", "There is no space left");
    disk.lose();
    await disk.refused.promise;

    await vi.waitFor(() => expect(() => keeping.executor()).toThrow("no space"));
    disk.trouble = null;
    await vi.waitFor(() => expect(keeping.executor()).toBe(disk.executors[1]));
    expect(disk.notes.at(0)).toContain("lost");
  });

  it("stops trying when it is closed", async () => {
    const disk = new Disk();
    const keeping = await disk.keep();
    disk.trouble = new Fault("store-locked", "It is in use");
    disk.lose();
    await disk.refused.promise;
    await keeping[Symbol.asyncDispose]();
    const { tries } = disk;
    await new Promise((resolve) => setTimeout(resolve, 20));

    expect(disk.tries).toBe(tries);
  });

  it("fails at once when the store cannot be opened at first", async () => {
    const disk = new Disk();
    disk.trouble = new Fault("store-locked", "It is in use");

    await expect(disk.keep()).rejects.toMatchObject({ code: "store-locked" });
  });
});
