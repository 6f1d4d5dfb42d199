/** The thread that writes one store: opens it, then does what it is asked, in order. */
import { workerData } from "node:worker_threads";
import { Fault } from "../../fault.ts";
import { Answering } from "./awake.node.ts";
import { doChore, own } from "../sqlite/owned.node.ts";
import type { Answer, Owned, Question, WriterSetup } from "../sqlite/owned.node.ts";
import { unpack } from "./packed.ts";
import { troubleWith } from "../sqlite/trouble.ts";

const { options, port, counts } = workerData as WriterSetup;
let owned: Owned | undefined;

new Answering<Question, Answer>(port, counts, ({ number, body }) => {
  try {
    return { to: number, number: 0, created: [], ...done(body) };
  } catch (thrown) {
    const fault = troubleWith(options.path, thrown);
    const told = fault instanceof Fault ? fault : { code: "", message: fault.message, hint: undefined };
    return { to: number, number: 0, created: [], fault: { code: told.code, message: told.message, hint: told.hint } };
  }
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
      setImmediate(() => port.close()); // the answer goes first
      return {};
  }
}
