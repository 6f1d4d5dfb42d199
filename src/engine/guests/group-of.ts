/** The plugin instances of one run: what they hear and say, with a log or without. */
import { GuestEffects } from "../durable/calls/guest-effects.ts";
import type { Recording } from "../durable/log/recording.ts";
import type { GroupOptions } from "./instances.ts";
import { InstanceGroup } from "./instances.ts";
import type { Tally } from "../loop/limits.ts";
import type { LoadedProgram } from "../load/loaded.ts";
import type { RunPorts } from "../platform/ports.ts";
import type { RunOptions } from "../loop/run-options.ts";

/** The caller disposes it. */
export function groupOf(
  program: LoadedProgram,
  ports: RunPorts,
  { id, seed }: Pick<RunOptions, "id" | "seed">,
  tally: Tally,
  recording: Recording | null,
): InstanceGroup {
  return new InstanceGroup(program, {
    ...(recording === null ? {} : recordedParts(recording, id)),
    seed,
    clock: ports.clock,
    log: (source, line) => {
      if (recording === null) ports.follow({ kind: "log", level: line.level, source, text: line.text });
      else recording.log.hear(source, line);
    },
    progress: (done, total, text) => ports.follow({ kind: "progress", done, total, text }),
    tally,
  });
}

function recordedParts(
  { log, records }: Recording,
  run: string,
): Pick<GroupOptions, "effects" | "clocks" | "idOf" | "lifted"> {
  return {
    effects: new GuestEffects(log, records, run),
    lifted: (pack) => records.lifted(pack),
    idOf: (pack) => records.idOf(pack),
    clocks: {
      timeOf: (pack) => records.timeOf(pack),
      slept: (pack, milliseconds) => records.slept(pack, milliseconds),
    },
  };
}
