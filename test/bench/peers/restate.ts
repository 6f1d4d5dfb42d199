/** Restate's single-node server: a service whose handler runs steps by `ctx.run`, each with a durable result. */
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { serve } from "./child.ts";

/** What is used of it. */
interface Context {
  run<R>(name: string, fn: () => R): Promise<R>;
}
interface Restate {
  service(definition: {
    name: string;
    handlers: Record<string, (ctx: Context, input: number) => Promise<number>>;
  }): unknown;
  createEndpointHandler(options: { services: unknown[] }): Parameters<typeof createServer>[1];
}

process.env["RESTATE_LOGGING"] = "ERROR"; // read when it is loaded
const SDK = "@restatedev/restate-sdk";
const [INGRESS, ADMIN, NODE] = [0, 1, 2].map((at) => Number(process.env["PEER_PORT"]) + at) as [number, number, number];

const CONFIG = (folder: string): string => `
base-dir = "${folder}"
disable-telemetry = true
bind-address = "127.0.0.1:${NODE}"
advertised-address = "http://127.0.0.1:${NODE}"
listen-mode = "tcp"
log-filter = "error"
[admin]
bind-address = "127.0.0.1:${ADMIN}"
[ingress]
bind-address = "127.0.0.1:${INGRESS}"
`;

async function answers(url: string): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const found = await fetch(url).catch(() => null);
    if (found?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("the Restate server did not start");
}

await serve(async (folder) => {
  const restate = (await import(SDK)) as Restate;
  const counter = restate.service({
    name: "peer",
    handlers: {
      steps: async (ctx, steps) => {
        let sum = 0;
        for (let step = 0; step < steps; step++) sum += await ctx.run("step", () => step);
        return sum;
      },
    },
  });
  const server = createServer({}, restate.createEndpointHandler({ services: [counter] }) as never);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const config = join(folder, "restate.toml");
  await writeFile(config, CONFIG(folder));
  const home = dirname(createRequire(import.meta.url).resolve("@restatedev/restate-server-linux-x64/package.json"));
  const child = spawn(join(home, "bin", "restate-server"), ["--config-file", config, "--no-logo"], { stdio: "ignore" });
  const gone = new Promise<void>((resolve) => child.on("exit", () => resolve()));
  await answers(`http://127.0.0.1:${ADMIN}/health`);
  const { port } = server.address() as AddressInfo;
  const registered = await fetch(`http://127.0.0.1:${ADMIN}/deployments`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ uri: `http://127.0.0.1:${port}` }),
  });
  if (!registered.ok) throw new Error(`Restate refused the service: ${await registered.text()}`);
  await answers(`http://127.0.0.1:${INGRESS}/restate/health`);
  const call = async (steps: number): Promise<number> => {
    const response = await fetch(`http://127.0.0.1:${INGRESS}/peer/steps`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(steps),
    });
    if (!response.ok) throw new Error(await response.text());
    return (await response.json()) as number;
  };
  return {
    round: ({ runs, steps }) => Promise.all(Array.from({ length: runs }, () => call(steps))),
    stop: async () => {
      child.kill("SIGTERM");
      await gone;
      server.close();
    },
  };
});
