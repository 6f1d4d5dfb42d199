/** Run by tests in a process of its own: reads a job from a file, goes on to the end, writes what came of it to another. */
import { readFileSync, writeFileSync } from "node:fs";
import { deserialize } from "node:v8";
import { goOn } from "./resume-job.ts";
import type { Job } from "./resume-job.ts";

const [, , input, output] = process.argv;
writeFileSync(output as string, JSON.stringify(goOn(deserialize(readFileSync(input as string)) as Job)));
