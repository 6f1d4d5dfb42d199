/**
 * The secrets that one request used: put into headers here, and looked for in whatever comes back.
 *
 *   U1  A value stays in this object and on the wire; names are what the rest of the host sees.
 */
import type { Capability } from "../../host/capability.ts";
import { checkedText } from "./http-request.ts";
import type { HeaderValue } from "./http-request.ts";
import { HttpError } from "./http-world.ts";

export interface SecretPorts {
  /** What stands before a capability in a grant: `acme:fetcher=`; absent for the program's own. */
  readonly holder?: string;
  readonly isGranted: (want: Capability) => boolean;
  readonly secret: (name: string) => string | undefined;
}

/** A shorter text may well stand in a response by chance. */
const TELLING = 8;

export class SecretUse {
  readonly #ports: SecretPorts;
  /** What was put on the wire, by the secret it came from. */
  readonly #used: (readonly [name: string, text: string])[] = [];

  constructor(ports: SecretPorts) {
    this.#ports = ports;
  }

  /**
   * A header's value with the secret in it.
   *
   * @param isPrivate nobody on the way can read it
   * @throws {HttpError} `denied`, `invalid`
   */
  write(value: Extract<HeaderValue, { kind: "secret" }>, isPrivate: boolean): string {
    const secret = this.#value(value.secret, isPrivate);
    this.#used.push([value.secret, secret]);
    switch (value.scheme) {
      case "bare":
        return secret;
      case "bearer":
        return `Bearer ${secret}`;
      case "basic": {
        const coded = Buffer.from(`${value.user}:${secret}`).toString("base64");
        this.#used.push([value.secret, coded]);
        return `Basic ${coded}`;
      }
    }
  }

  /** The name of a secret that stands in one of the texts or in the body. */
  repeatedIn(texts: readonly string[], body: Uint8Array): string | null {
    const telling = this.#used.filter(([, text]) => text.length >= TELLING);
    if (telling.length === 0) return null;
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    const isRepeated = (secret: string): boolean =>
      texts.some((text) => text.includes(secret)) || bytes.includes(secret, "latin1") || bytes.includes(secret, "utf8");
    return telling.find(([, secret]) => isRepeated(secret))?.[0] ?? null;
  }

  /** A message of which no secret is a part. */
  without(message: string): string {
    return this.#used.reduce((text, [name, secret]) => text.replaceAll(secret, `secret ${name}`), message);
  }

  #value(name: string, isPrivate: boolean): string {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      throw new HttpError("invalid", `${JSON.stringify(name)} is no name of a secret`);
    if (!this.#ports.isGranted({ kind: "secret", name }))
      throw new HttpError(
        "denied",
        `secret ${name}: no grant covers it (--grant ${this.#ports.holder ?? ""}secret:${name})`,
      );
    if (!isPrivate) throw new HttpError("denied", `secret ${name}: it leaves by https only`);
    const value = this.#ports.secret(name);
    if (value === undefined || value === "")
      throw new HttpError("invalid", `secret ${name}: it has no value (set the environment variable ${name})`);
    return checkedText(value, `secret ${name}`);
  }
}
