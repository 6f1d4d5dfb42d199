/** Performs the effects of one run, each once, and answers them. Faults are answers; only defects are thrown. */
import { Fault } from "../../fault.ts";
import type { Answer, EffectRequest, Request } from "../../lang/effect.ts";
import { ErrorValue, Task } from "../../lang/value.ts";
import { integer } from "../../wit/value.ts";
import type { Value } from "../../wit/value.ts";
import type { ChildRuns } from "./children.ts";
import { errorOf } from "../guests/failure.ts";
import type { ForeignCalls } from "../guests/foreign-calls.ts";
import type { Tally } from "./limits.ts";
import type { RunPorts } from "../platform/ports.ts";
import type { SeededBytes } from "../../host/seeded.ts";
import { randomFloat, randomUuid, streamOf, subSeed, webhookSecret } from "../platform/random.ts";
import type { RunOptions } from "./run-options.ts";

const MILLION = 1_000_000n;
const MINUTE = 60_000_000_000n;

export class Performer {
  readonly #ports: RunPorts;
  readonly #calls: ForeignCalls;
  readonly #children: ChildRuns;
  readonly #options: RunOptions;
  readonly #tally: Tally;
  /** `now()` never goes back within a run: the latest time that it was told, in milliseconds since the epoch. */
  latest = 0;

  constructor(ports: RunPorts, calls: ForeignCalls, children: ChildRuns, options: RunOptions, tally: Tally) {
    this.#ports = ports;
    this.#calls = calls;
    this.#children = children;
    this.#options = options;
    this.#tally = tally;
  }

  /** Shows what needs no answer. False for everything else. */
  show({ request }: EffectRequest): boolean {
    switch (request.kind) {
      case "print":
      case "progress":
        this.#ports.follow(request);
        return true;
      case "emit":
        this.#ports.follow({ ...request, value: this.#calls.data(request.value) });
        return true;
      case "log":
        this.#ports.follow({ ...request, source: "program" });
        return true;
      default:
        return false;
    }
  }

  /** The answer to what was done before it was asked for; null: it is to be performed. */
  foreknown(effect: EffectRequest): Answer | null {
    return effect.request.kind === "call" ? this.#calls.foreknown(effect, effect.request) : this.computed(effect);
  }

  /** The answer to what the seed and the effect decide alone; null for everything else. */
  computed({ id, request }: EffectRequest): Answer | null {
    const stream = (): SeededBytes => streamOf(this.#options.seed, id);
    if (request.kind === "random") return { kind: "ok", value: randomFloat(stream()) };
    return request.kind === "uuid" ? { kind: "ok", value: randomUuid(stream()) } : null;
  }

  /** When the timer of an effect is due, in milliseconds since the epoch; null when it waits for none. */
  due(effect: EffectRequest): number | null {
    const { request } = effect;
    const now = this.#now();
    if (request.kind === "sleep") return now + Number(BigInt(request.nanoseconds)) / 1e6;
    if (request.kind === "signal") return request.timeout === null ? null : now + Number(BigInt(request.timeout)) / 1e6;
    if (request.kind === "sleep-until") return Number(BigInt(request.instant) / MILLION);
    if (request.kind !== "backoff") return null;
    const wait = this.#backoff(effect.id, request);
    return wait === null ? null : now + Number(wait) / 1e6;
  }

  async answer(effect: EffectRequest, signal: AbortSignal): Promise<Answer> {
    const { request } = effect;
    try {
      if (request.kind === "join") return await this.#children.join(request.task, signal);
      return { kind: "ok", value: await this.#perform(effect, request, signal) };
    } catch (failure) {
      // Nobody waits for it any more, and what ends a call by a signal need not be a fault.
      if (signal.aborted) return { kind: "error", error: new ErrorValue({ code: "cancelled", message: "Cancelled" }) };
      const foreign = request.kind === "call" || request.kind === "fork" ? this.#calls.package(request.package) : null;
      return { kind: "error", error: errorOf(failure, foreign?.name ?? "sennit") };
    }
  }

  #perform(effect: EffectRequest, request: Request, signal: AbortSignal): Value | Promise<Value> {
    switch (request.kind) {
      case "call":
        return this.#calls.perform(effect, request, signal);
      case "fork":
        return this.#calls.fork(request, { seed: subSeed(this.#options.seed, effect.id), signal });
      case "sleep":
        return this.#sleep(BigInt(request.nanoseconds), signal);
      case "sleep-until":
        return this.#sleep(BigInt(request.instant) - BigInt(this.#now()) * MILLION, signal);
      case "now":
        return integer(BigInt(this.#now()) * MILLION);
      case "backoff": {
        const wait = this.#backoff(effect.id, request);
        return wait === null ? false : this.#sleep(wait, signal).then(() => true);
      }
      case "shell":
        return this.#shell(request, signal);
      case "spawn":
        return this.#spawn(effect, request, signal);
      case "signal":
        throw new Fault("needs-durable-run", `\`wait signal("${request.name}")\` needs a durable run`);
      case "webhook":
        return this.#webhook(effect.id);
      case "join":
      case "random":
      case "uuid":
      case "print":
      case "log":
      case "emit":
      case "progress":
        return null;
    }
  }

  /** A time that was told in a life before this one: none after it is earlier. */
  told({ request }: EffectRequest, answer: Answer): void {
    if (request.kind !== "now" || answer.kind !== "ok") return;
    this.latest = Math.max(this.latest, Number(BigInt(answer.value as number | bigint) / MILLION));
  }

  #now(): number {
    this.latest = Math.max(this.latest, Math.floor(this.#ports.clock.now()));
    return this.latest;
  }

  #spawn(effect: EffectRequest, request: Request & { kind: "spawn" }, signal: AbortSignal): Value | Promise<Value> {
    const task = this.#children.spawn(effect, request.function, request.args, signal);
    return typeof task === "string" ? new Task(task) : task.then((id) => new Task(id));
  }

  /** A record of one field. Nobody can guess the address. */
  #webhook(effect: string): Value {
    const { webhook } = this.#ports;
    if (webhook === undefined) throw new Fault("needs-durable-run", "`webhook()` needs a durable run of a daemon");
    return [webhook(webhookSecret(this.#options.seed, effect), effect)];
  }

  async #sleep(nanoseconds: bigint, signal: AbortSignal): Promise<Value> {
    if (nanoseconds <= 0n) return null;
    const over = this.#tally.timer();
    try {
      await this.#ports.clock.sleep(Number(nanoseconds) / 1e6, signal);
    } finally {
      over();
    }
    return null;
  }

  /** Rule 39: doubles from `backoff` up to a minute, ±25 % jitter; null when it would end after `within`. */
  #backoff(id: string, request: Request & { kind: "backoff" }): bigint | null {
    const doubled = BigInt(request.backoff) << BigInt(Math.min(request.attempt - 2, 62));
    const capped = doubled < MINUTE ? doubled : MINUTE;
    const jitter = 0.75 + randomFloat(streamOf(this.#options.seed, `${id}/${request.attempt}`)) / 2;
    const wait = BigInt(Math.round(Number(capped) * jitter));
    if (request.within === null || request.since === null) return wait;
    const end = BigInt(this.#now()) * MILLION + wait;
    return end > BigInt(request.since) + BigInt(request.within) ? null : wait;
  }

  async #shell(request: Request & { kind: "shell" }, signal: AbortSignal): Promise<Value> {
    const { shell } = this.#ports;
    if (shell === null) throw new Fault("denied", "This platform has no shell");
    for (const [command = ""] of request.commands) {
      if (this.#options.grants.allowsCommand(command)) continue;
      throw new Fault("denied", `Running \`${command}\` was not granted`, { hint: `Add \`--grant run:${command}\`` });
    }
    const { stdout, stderr, status } = await shell.run(request.commands, request.input, signal);
    return [stdout, stderr, status];
  }
}
