/** `sennit daemon start --foreground`: the daemon itself, until somebody stops it. */
import { Fault } from "../../fault.ts";
import { tellParent } from "../../daemon/background.node.ts";
import { startDaemon } from "../../daemon/daemon.node.ts";
import type { Daemon } from "../../daemon/daemon.node.ts";
import { openKept } from "../../daemon/open.node.ts";
import { telemetryFor } from "../../daemon/telemetry/telemetry.node.ts";
import type { Invocation } from "../arguments.ts";
import { harmless } from "../harmless.ts";
import { isolationIn } from "../isolation.ts";
import { durationIn, integerIn } from "../quantities.ts";
import { EXIT } from "../terminal.node.ts";
import { version } from "../version.node.ts";

/** Until somebody stops it. */
export async function inForeground(store: string, invocation: Invocation): Promise<number> {
  const note = (line: string): void => void process.stderr.write(`${new Date().toISOString()} ${harmless(line)}\n`);
  const how = {
    grants: invocation.values("grant"),
    keep: durationIn(invocation, "keep"),
    history: historyIn(invocation),
    isolation: isolationIn(invocation),
  };
  try {
    await using daemon = await startDaemon({
      store,
      open: (webhook) => openKept(store, { webhook, note, ...how }),
      port: portIn(invocation),
      publicUrl: publicUrlIn(invocation),
      version: version(),
      isolation: how.isolation,
      note,
      follow: telemetryFor({ endpoint: invocation.value("otlp"), environment: process.env, version: version(), note }),
    });
    note(`the daemon answers at ${daemon.url} and owns ${store}`);
    tellParent({ kind: "ready", url: daemon.url, pid: process.pid });
    await stopped(daemon);
    note("stopping");
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
    tellParent({ kind: "failed", code: thrown.code, message: thrown.message, hint: thrown.hint ?? null });
    throw thrown;
  }
  note("stopped");
  return EXIT.done;
}

/** Asked by the API, or by the system; asked once more, it ends at once. */
async function stopped(daemon: Daemon): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let asked = false;
  const onSignal = (): void => {
    if (asked) process.exit(EXIT.interrupted);
    asked = true;
    resolve();
  };
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, onSignal);
  await Promise.race([promise, daemon.asked]);
}

function portIn(invocation: Invocation): number | undefined {
  const port = integerIn(invocation, "port");
  if (port === undefined || (port >= 0 && port <= 65_535)) return port;
  throw new Fault("usage", "`--port` takes a number from 0 to 65535", { hint: "0 is any that is free" });
}

function historyIn(invocation: Invocation): "all" | "snapshot" | undefined {
  const given = invocation.value("history");
  if (given === undefined || given === "all" || given === "snapshot") return given;
  throw new Fault("usage", `\`--history\` takes all or snapshot, and not \`${given}\``);
}

function publicUrlIn(invocation: Invocation): string | undefined {
  const text = invocation.value("public-url");
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== "" || url.hash !== "") {
    throw new Fault("usage", `\`--public-url\` takes an http or https address, and not \`${text}\``);
  }
  return url.href.replace(/\/$/, "");
}
