/**
 * Spans on their way out.
 *
 *   X1  A batch is tried a bounded number of times, then dropped and counted; what comes after it is not held up for ever.
 *   X2  No more than one batch is on its way: whoever sends waits, so that nothing piles up here.
 */
import type { Span } from "./spans.ts";

/** Gives a status; rejects when there was no answer. */
export type Post = (body: unknown) => Promise<{ readonly status: number }>;

export interface ExporterOptions {
  readonly post: Post;
  readonly body: (spans: readonly Span[]) => unknown;
  /** Resolves after so many milliseconds, or when the exporter is closed. */
  readonly elapsed: (milliseconds: number) => Promise<void>;
  readonly note: (line: string) => void;
  /** What was not sent when it aborts is neither sent nor dropped: `send` rejects. */
  readonly closed: AbortSignal;
}

const LARGEST_BATCH = 512;
const TRIES = 4;
const FIRST_PAUSE = 1000;
/** Answers after which a sender is asked to try again. */
const BUSY: ReadonlySet<number> = new Set([429, 502, 503, 504]);

export class Exporter {
  readonly #options: ExporterOptions;
  #dropped = 0;
  /** The last batch was given up: until one is taken, each is tried once, so that nothing waits for who is not there. */
  #isDown = false;

  constructor(options: ExporterOptions) {
    this.#options = options;
  }

  /** How many were given up. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Resolves when all of them are sent or given up. Rejects when the exporter was closed before. */
  async send(spans: readonly Span[]): Promise<void> {
    for (let at = 0; at < spans.length; at += LARGEST_BATCH) await this.#batch(spans.slice(at, at + LARGEST_BATCH));
  }

  /** X1 */
  async #batch(spans: readonly Span[]): Promise<void> {
    const { post, body, elapsed, closed, note } = this.#options;
    const request = body(spans);
    for (let tried = 1, pause = FIRST_PAUSE; ; tried++, pause *= 2) {
      const failure = await failureOf(post(request));
      if (failure === null) {
        this.#isDown = false;
        return;
      }
      closed.throwIfAborted();
      if (tried < TRIES && failure.mayPass && !this.#isDown) {
        await elapsed(pause);
        continue;
      }
      this.#dropped += spans.length;
      if (!this.#isDown)
        note(`${spans.length} spans were not taken: ${failure.text}; ${this.#dropped} in all until now`);
      this.#isDown ||= failure.mayPass;
      return;
    }
  }
}

async function failureOf(
  posted: Promise<{ readonly status: number }>,
): Promise<{ readonly text: string; readonly mayPass: boolean } | null> {
  try {
    const { status } = await posted;
    if (status >= 200 && status < 300) return null;
    return { text: `status ${status}`, mayPass: BUSY.has(status) };
  } catch (thrown) {
    return { text: thrown instanceof Error ? thrown.message : String(thrown), mayPass: true };
  }
}
