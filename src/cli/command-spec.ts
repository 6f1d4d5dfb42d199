/** What is said of a command: parsing, `--help` and tab completion read it. */

export interface OptionSpec {
  readonly name: string;
  readonly short?: string;
  /** What the value is called in help; absent for a switch. */
  readonly value?: string;
  readonly multiple?: boolean;
  /** How values begin, for completion. One that ends in `:` is gone on with. */
  readonly beginnings?: readonly string[];
  readonly help: string;
}

export interface CommandSpec {
  /** `plugin inspect`. */
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  readonly options: readonly OptionSpec[];
  readonly examples: readonly (readonly [string, string])[];
  /** Endings of the files it takes, for completion. */
  readonly files: readonly string[];
  /** Its first argument is the id of a run: completion asks for those. */
  readonly takesRun?: boolean;
}
