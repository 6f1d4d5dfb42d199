/** The thread that writes one store: opens it, then does what it is asked, in order. */
import { parentPort, workerData } from "node:worker_threads";
import { Fault } from "../fault.ts";
import { doChore, own } from "./owned.node.ts";
import type { Answer, Owned, Question, WriterOptions } from "./owned.node.ts";
import { unpack } from "./packed.ts";
import { troubleWith } from "./trouble.ts";

const options = workerData as WriterOptions;
let owned: Owned | undefined;

parentPort?.on("message", ({ number, body }: Question) => {
  try {
    answer({ to: number, number: 0, created: [], ...done(body) });
  } catch (thrown) {
    const fault = troubleWith(options.path, thrown);
    const told = fault instanceof Fault ? fault : { code: "", message: fault.message, hint: undefined };
    answer({ to: number, number: 0, created: [], fault: { code: told.code, message: told.message, hint: told.hint } });
  }
  if (body.kind === "close") parentPort?.close();
});

function done(body: Question["body"]): Partial<Answer> {
  if (body.kind === "open") {
    owned = own(options);
    return { number: owned.committer.epoch };
  }
  const { committer, close } = owned as Owned;
  switch (body.kind) {
    case "commit":
      return committer.commit(unpack(body.batch));
    case "chore":
      return { number: doChore(committer, body.chore) };
    case "close":
      close();
      return {};
  }
}

function answer(message: Answer): void {
  parentPort?.postMessage(message);
}
