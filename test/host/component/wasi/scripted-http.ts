/** `sennit:host/http` for an instance: keeps what is sent, and answers when a test says what. */
import type { ImportedFunction } from "../../../../src/host/plugin.ts";
import { OFFERS } from "../../../../src/host/offers.ts";
import { CaseValue, ERR, OK, type Value } from "../../../../src/wit/value.ts";

export class ScriptedHttp {
  /** Requests as lists of their fields; headers as pairs of texts. */
  readonly sent: (readonly Value[])[] = [];
  readonly #waiting: PromiseWithResolvers<Value>[] = [];
  #arrival = Promise.withResolvers<void>();

  imports(): Record<string, ImportedFunction> {
    const { id, functions } = OFFERS.http.interface;
    return Object.fromEntries(
      [...functions.keys()].map((name) => [
        `${id}#${name}`,
        { colour: "async", call: ([request]: readonly Value[]) => this.#send(request as readonly Value[]) },
      ]),
    );
  }

  /** Until something was sent that is not answered. */
  async arrived(): Promise<void> {
    if (this.#waiting.length === 0) await this.#arrival.promise;
  }

  /** Answers all that were sent, once there is one. */
  answer(status: number, headers: readonly (readonly [string, string])[], body: string): Promise<void> {
    return this.#settle((each) => each.resolve(new CaseValue(OK, responseOf(status, headers, body))));
  }

  async answerAt(
    at: number,
    status: number,
    headers: readonly (readonly [string, string])[],
    body: string,
  ): Promise<void> {
    while (this.#waiting[at] === undefined) await this.#arrival.promise;
    this.#waiting[at].resolve(new CaseValue(OK, responseOf(status, headers, body)));
  }

  fail(index: number, why: string): Promise<void> {
    return this.#settle((each) => each.resolve(new CaseValue(ERR, new CaseValue(index, why))));
  }

  throw(thrown: unknown): Promise<void> {
    return this.#settle((each) => each.reject(thrown));
  }

  #send([method, url, headers, ...rest]: readonly Value[]): Promise<Value> {
    const plain = (headers as readonly (readonly [string, CaseValue])[]).map(([name, value]) => [name, value.payload]);
    this.sent.push([method ?? null, url ?? null, plain, ...rest]);
    const waiting = Promise.withResolvers<Value>();
    this.#waiting.push(waiting);
    this.#arrival.resolve();
    this.#arrival = Promise.withResolvers();
    return waiting.promise;
  }

  async #settle(how: (each: PromiseWithResolvers<Value>) => void): Promise<void> {
    await this.arrived();
    for (const each of this.#waiting.splice(0)) how(each);
    await Promise.resolve();
  }
}

function responseOf(status: number, headers: readonly (readonly [string, string])[], body: string): Value {
  return [status, "https://api.example.org/", headers, new TextEncoder().encode(body)];
}
