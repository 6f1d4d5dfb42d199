import { fileURLToPath } from "node:url";
import { configDefaults, defineConfig, type ViteUserConfig as UserConfig } from "vitest/config";

// Every thread and process of the tests loads this project: what was compiled of it, and stripped of its types, is kept.
process.env["NODE_COMPILE_CACHE"] ??= fileURLToPath(new URL("node_modules/.cache/sennit-tests", import.meta.url));

/** Rooms whose tests leave nothing behind in their process: a process of its own for each file costs more than they do. */
const shared = [
  "lang",
  "wit",
  "journal",
  "daemon",
  "engine/{durable,executor,history,loop,recovery-model,std,trial}",
].map((room) => `test/${room}/**/*.test.ts`);

const config: UserConfig = defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: "forks",
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: "shared", include: shared, isolate: false } },
      {
        extends: true,
        test: { name: "alone", include: ["test/**/*.test.ts"], exclude: [...configDefaults.exclude, ...shared] },
      },
    ],
  },
});

export default config;
