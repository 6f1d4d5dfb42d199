/**
 * Who was granted what (I6): `--grant [PACKAGE=]CAPABILITY` and the project's `[grants]`, by package; the program
 * itself is `program`.
 */
import { covers, formatCapability, parseCapability } from "../host/capability.ts";
import type { Capability } from "../host/capability.ts";
import { Fault } from "../fault.ts";

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

  /** Refuses a package that asks for more than it was given, naming all that is missing. */
  assertCovers(holder: string, wants: readonly string[]): void {
    const missing = wants.map(parseCapability).filter((want) => !this.allows(holder, want));
    if (missing.length === 0) return;
    const list = missing.map((want) => `\`${formatCapability(want)}\``).join(", ");
    throw new Fault("denied", `${holder} asks for ${list}, which was not granted`, {
      source: holder,
      hint: `Add \`${missing.map((want) => `--grant ${holder}=${formatCapability(want)}`).join(" ")}\``,
    });
  }
}
