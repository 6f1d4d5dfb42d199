/** What released versions left behind is still read: logs are played back to their ends, and runs that slept go on. */
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { resumeRun, startOf } from "../../src/engine/durable/durable-run.ts";
import { follow } from "../../src/engine/durable/follow.ts";
import { sendSignal } from "../../src/engine/durable/effects/send.ts";
import { ValueBytes } from "../../src/engine/durable/value-bytes.ts";
import { readPortable } from "../../src/engine/history/portable.ts";
import { loadProgram } from "../../src/engine/load/load.node.ts";
import type { LoadedProgram } from "../../src/engine/load/loaded.ts";
import { VirtualClock } from "../../src/engine/trial/clock.ts";
import { dryRun } from "../../src/engine/trial/dry-run.ts";
import { turn } from "../../src/engine/trial/lives.ts";
import { recordingOf } from "../../src/engine/trial/recording.ts";
import type { Recording } from "../../src/engine/trial/recording.ts";
import type { EntryOf } from "../../src/journal/entry/entry.ts";
import { sha256 } from "../../src/journal/sqlite/owned.node.ts";
import { openSqlite } from "../../src/journal/sqlite/sqlite-store.node.ts";

const recordings = fileURLToPath(new URL(".", import.meta.url));
const versions = readdirSync(recordings).filter((name) => /^\d+\.\d+\.\d+$/.test(name));
const journals = versions.flatMap((version) =>
  readdirSync(join(recordings, version)).flatMap((name) => (name.endsWith(".journal") ? [join(version, name)] : [])),
);

async function programOf(
  source: string,
  file = join(recordings, "programs", "recorded.sennit"),
): Promise<LoadedProgram> {
  const loaded = await loadProgram({
    file,
    text: source,
    grants: [],
    besideVm: false,
    isolation: "L0",
    warn: () => {},
  });
  if (!loaded.ok) throw new Error(loaded.diagnostics.map(({ title }) => title).join("\n"));
  return loaded.program;
}

function endOf({ entries }: Recording): EntryOf<"END"> {
  const end = entries.findLast(({ entry }) => entry.kind === "END")?.entry;
  if (end?.kind !== "END") throw new Error("the recording has no end");
  return end;
}

describe("recordings of released versions", () => {
  it("are there", () => {
    expect(versions).toContain("0.1.0");
    expect(journals.length).toBeGreaterThanOrEqual(2);
  });

  it.each(journals)("%s plays back to its recorded ends", async (path) => {
    const portable = readPortable(readFileSync(join(recordings, path)), sha256);
    for (const run of portable.runs) {
      const recording = recordingOf({ ...portable, runs: [run] });
      await using program = await programOf(new TextDecoder().decode(recording.start.program as Uint8Array));
      const { end } = await dryRun(program, recording.run, recording.entries);
      if (end.kind !== "ended") throw end.kind === "failed" ? end.fault : new Error("it did not come to its end");

      const recorded = endOf(recording);
      expect(end.result.state).toBe(recorded.ending);
      const values = new ValueBytes(program.ir);
      if (end.result.state === "done") {
        expect(values.isSame(recorded.value as Uint8Array, end.result.value)).toBe(true);
      }
    }
  });

  it.each(versions)("of %s: a run that slept goes on from its snapshot", async (version) => {
    const folder = mkdtempSync(join(tmpdir(), "sennit-recording-"));
    try {
      copyFileSync(join(recordings, version, "store.db"), join(folder, "store.db"));
      await using store = await openSqlite(join(folder, "store.db"));
      const [header] = await store.list({});
      expect(header).toMatchObject({ id: "sleeper", state: "waiting" });
      expect(header?.snap).toBeGreaterThan(0);
      const { program: source } = await startOf(store, "sleeper");
      await using program = await programOf(new TextDecoder().decode(source as Uint8Array), header?.name);
      await sendSignal(store, "sleeper", { name: "approved", value: "yes", sender: "test" });
      const clock = new VirtualClock(Date.UTC(2026, 0, 2));
      const ports = { clock, shell: null, fork: null, follow: () => {}, breathe: turn };
      const grants = { allowsCommand: () => false };

      const result = await resumeRun(store, program, "sleeper", ports, { grants });

      expect(result).toMatchObject({ state: "done" });
      const lines: string[] = [];
      for await (const { event } of follow(store, "sleeper", new ValueBytes(null), {})) {
        if (event.kind === "print") lines.push(event.text);
      }
      expect(lines).toEqual(["order of tea", "waited 2h", "yes 2 true", "3.75"]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
