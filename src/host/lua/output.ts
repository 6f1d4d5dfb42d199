/** What a guest prints, cut into lines. */
import type { LogLine } from "../plugin.ts";

const LONGEST_LINE = 65_536;
const STANDARD_ERROR = 2;

export class Output {
  readonly #log: (line: LogLine) => void;
  #text = "";
  readonly #decoder = new TextDecoder();
  /** What the interpreter itself said last, for when it stops. */
  #complaint = "";

  constructor(log: (line: LogLine) => void) {
    this.#log = log;
  }

  /** For `MachineOptions.write`: only the interpreter writes to standard error. */
  write(descriptor: number, bytes: Uint8Array): void {
    if (descriptor === STANDARD_ERROR) {
      this.#complaint = (this.#complaint + new TextDecoder().decode(bytes)).slice(-1000);
      return;
    }
    this.#text += this.#decoder.decode(bytes, { stream: true });
    const lines = this.#text.split("\n");
    this.#text = lines.pop() ?? "";
    for (const line of lines) this.#say(line);
    if (this.#text.length > LONGEST_LINE) this.flush();
  }

  /** Says what was begun and not ended. */
  flush(): void {
    this.#text += this.#decoder.decode(); // a character that was begun goes no further
    if (this.#text !== "") this.#say(this.#text);
    this.#text = "";
  }

  /** Why the interpreter stopped: `not enough memory` of `PANIC: unprotected error in call to Lua API (not enough memory)`. */
  get complaint(): string | undefined {
    return /unprotected error in call to Lua API \((.*)\)/s.exec(this.#complaint)?.[1];
  }

  #say(text: string): void {
    this.#log({ level: "info", text });
  }
}
