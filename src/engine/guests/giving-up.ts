/**
 * What a package's instance asks of others, for as long as somebody will hear of it.
 *
 *   U1  An instance that is dead hears nothing: what it has asked for is given up.
 *   U2  When every call that goes on in an instance was given up, so is what it asks for at that moment: the provider answers
 *       that, and the guest goes its way.
 */

interface Call {
  readonly signal: AbortSignal | undefined;
}

/** Of one package in one run. */
export class GivingUp {
  #asking = new AbortController();
  /** Calls of the package that go on. */
  readonly #calls = new Set<Call>();
  readonly #isDead: () => boolean;

  constructor(isDead: () => boolean) {
    this.#isDead = isDead;
  }

  /** Aborts when nobody will hear what the package asks for now. */
  get signal(): AbortSignal {
    return this.#asking.signal;
  }

  /** A call of the package that was made under this signal goes on until its answer is there. */
  during(answer: Promise<unknown>, signal: AbortSignal | undefined): void {
    const call: Call = { signal };
    const look = (): void => this.#look();
    const over = (): void => {
      signal?.removeEventListener("abort", look);
      this.#calls.delete(call);
      if (this.#isDead()) this.#giveUp();
      else look();
    };
    this.#calls.add(call);
    signal?.addEventListener("abort", look, { once: true });
    answer.then(over, over);
  }

  /** U2 */
  #look(): void {
    if (this.#calls.size === 0) return;
    for (const { signal } of this.#calls) if (signal?.aborted !== true) return;
    this.#giveUp();
  }

  #giveUp(): void {
    this.#asking.abort();
    this.#asking = new AbortController();
  }
}
