/**
 * Who was granted what (I6): `--grant [PACKAGE=]CAPABILITY` and the project's `[grants]`, by package; the program
 * itself is `program`.
 */
import { covers, formatCapability, parseCapability } from "../../host/capability.ts";
import type { Capability } from "../../host/capability.ts";
import { Fault } from "../../fault.ts";

export const PROGRAM = "program";

export class Grants {
  readonly #granted = new Map<string, Capability[]>();

  /** `log`, `fs:out`, `acme:fetcher=net:api.example.org`. @throws {Fault} for a capability that cannot be read. */
  addText(text: string): void {
    const at = text.indexOf("=");
    this.add(at < 0 ? PROGRAM : text.slice(0, at), text.slice(at + 1));
  }

  add(holder: string, capability: string | Capability): void {
    const list = this.#granted.get(holder) ?? [];
    list.push(typeof capability === "string" ? parseCapability(capability) : capability);
    this.#granted.set(holder, list);
  }

  of(holder: string): readonly Capability[] {
    return this.#granted.get(holder) ?? [];
  }

  allows(holder: string, want: Capability): boolean {
    return this.of(holder).some((grant) => covers(grant, want));
  }

  /** Takes a grant back: whoever has it is denied from the next call on. True when it was there. */
  revoke(holder: string, capability: Capability): boolean {
    const text = formatCapability(capability);
    const before = this.of(holder);
    const after = before.filter((grant) => formatCapability(grant) !== text);
    this.#granted.set(holder, after);
    return after.length < before.length;
  }

  /** What of its `wants` a package was not given. */
  missing(holder: string, wants: readonly string[]): readonly Ungranted[] {
    const capabilities = wants.map(parseCapability).filter((want) => !this.allows(holder, want));
    return capabilities.length === 0 ? [] : [{ holder, capabilities }];
  }

  /** Refuses a package that asks for more than it was given, naming all that is missing. */
  assertCovers(holder: string, wants: readonly string[]): void {
    refuseUngranted(this.missing(holder, wants));
  }
}

/** What somebody wants and was not given. */
export interface Ungranted {
  readonly holder: string;
  readonly capabilities: readonly Capability[];
}

/** The flags that would grant all of it, ready to be pasted into a shell. */
export function grantFlags(all: readonly Ungranted[]): string {
  const flags = all.flatMap(({ holder, capabilities }) => capabilities.map((each) => flagOf(holder, each)));
  return [...new Set(flags)].join(" ");
}

/** `acme:chatty asks for `log`, which was not granted`; of all of them, when there are several. */
export function whatIsMissing(all: readonly Ungranted[]): string {
  const parts = all.map(({ holder, capabilities }, at) => {
    if (holder !== PROGRAM)
      return `${holder} asks for ${capabilities.map((each) => inTicks(formatCapability(each))).join(", ")}`;
    const commands = capabilities.map((each) =>
      each.kind === "run" && each.name !== null ? inTicks(each.name) : "commands",
    );
    return `${at === 0 ? "The" : "the"} program runs ${commands.join(", ")}`;
  });
  return `${parts.join("; ")}, which was not granted`;
}

/** Names everything that is missing at once. @throws {Fault} `denied` unless nothing is */
export function refuseUngranted(all: readonly Ungranted[]): void {
  const [first] = all;
  if (first === undefined) return;
  throw new Fault("denied", whatIsMissing(all), { source: first.holder, hint: `Add \`${grantFlags(all)}\`` });
}

function flagOf(holder: string, capability: Capability): string {
  const text = `${holder === PROGRAM ? "" : `${holder}=`}${formatCapability(capability)}`;
  return `--grant ${/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`}`;
}

function inTicks(text: string): string {
  return `\`${text}\``;
}
