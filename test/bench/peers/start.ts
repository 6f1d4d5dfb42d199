/** A durable engine beside which the benchmarks run, in a process of its own. */
import { fork } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import type { Done, Round } from "./child.ts";

export const PEER_INSTALL = "install with `npm ci --prefix test/bench/peers`";

export interface PeerProcess extends AsyncDisposable {
  readonly round: (round: Round) => Promise<Done>;
}

/** @throws {Error} when it is not installed, or does not start */
export async function startPeer(name: "dbos" | "restate"): Promise<PeerProcess> {
  if (!existsSync(new URL("node_modules", import.meta.url))) throw new Error(`${name} not found`);
  const env = { ...process.env, PEER_PORT: String(await freePort()) };
  const child = fork(new URL(`${name}.ts`, import.meta.url), { env, stdio: ["ignore", "ignore", "ignore", "ipc"] });
  const gone = new Promise<void>((resolve) => child.on("exit", () => resolve()));
  const next = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      child.once("message", resolve);
      void gone.then(() => reject(new Error(`${name} has ended`)));
    });
  await next(); // it is ready
  return {
    round: async (round) => {
      const done = next();
      child.send(round);
      return (await done) as Done;
    },
    [Symbol.asyncDispose]: async () => {
      if (child.connected) child.send("stop");
      await gone;
    },
  };
}

/** The first of a few that nobody uses. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
