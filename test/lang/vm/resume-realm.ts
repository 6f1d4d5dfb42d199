/** Run by tests in a worker, whose realm shares no object and no module with the test's: goes on with each job it is sent. */
import { parentPort } from "node:worker_threads";
import { goOn } from "./resume-job.ts";
import type { Job } from "./resume-job.ts";

parentPort?.on("message", (job: Job) => parentPort?.postMessage(goOn(job)));
