/** A process that does one task after another for the tests of a file, where each would else start one of its own. */
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";

/** Milliseconds after which a task hangs: its process is ended, so that those after it get another. */
const LIMIT = 100_000;

/** It is started by the first task, and ends with this process. Its script gives one message for each that it gets. */
export class SharedProcess<Task extends object, Answer> {
  readonly #script: string;
  #child: ChildProcess | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(script: string) {
    this.#script = script;
  }

  /** After all tasks that were given before: a process has one working folder. */
  perform(task: Task): Promise<Answer> {
    const performed = this.#last.then(() => this.#ask(task));
    this.#last = performed.catch(() => {}); // its caller is told
    return performed;
  }

  /** Lets it end by itself. The caller looks at the status; it is null when there is no process, or a signal ended it. */
  async end(): Promise<number | null> {
    await this.#last;
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return null;
    child.ref();
    const ended = once(child, "exit") as Promise<[number | null]>;
    child.disconnect();
    return (await ended)[0];
  }

  async #ask(task: Task): Promise<Answer> {
    const child = (this.#child ??= started(this.#script));
    const said: string[] = [];
    const hear = (data: Buffer): void => void said.push(data.toString());
    child.stderr?.on("data", hear);
    const stop = new AbortController();
    const answered = once(child, "message", stop) as Promise<[Answer]>;
    const ended = once(child, "exit", stop).then(([code]): never => {
      this.#child = undefined;
      throw new Error(`The process ended with ${String(code)} in ${told(task)}: ${said.join("")}`);
    });
    ended.catch(() => {}); // also when it is no longer waited for
    const limit = setTimeout(() => child.kill("SIGKILL"), LIMIT);
    child.channel?.ref();
    child.send(task);
    try {
      const [answer] = await Promise.race([answered, ended]);
      return answer;
    } finally {
      clearTimeout(limit);
      child.channel?.unref();
      child.stderr?.off("data", hear);
      stop.abort();
    }
  }
}

/** Not with the environment, which may hold what is nobody's business. */
function told(task: object): string {
  return JSON.stringify(task, (name, value: unknown) => (name === "environment" ? undefined : value));
}

/** Only waiting for an answer keeps this process alive. Without a terminal: what is written by the way goes to pipes. */
function started(script: string): ChildProcess {
  const child = fork(script, { execArgv: [], stdio: ["ignore", "pipe", "pipe", "ipc"] });
  child.unref();
  for (const stream of [child.stdout, child.stderr]) (stream as Partial<Socket> | null)?.unref?.();
  child.stdout?.resume();
  return child;
}
