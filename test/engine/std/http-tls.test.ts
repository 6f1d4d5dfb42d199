/** https: who the other side must be, and what it learns before it has proved that (X2). */
import { once } from "node:events";
import { createServer } from "node:https";
import type { Server } from "node:https";
import type { AddressInfo } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { certificateOf } from "./http-certificate.ts";
import { bearer, get, TestNetwork } from "./http-server.ts";

const PUBLIC = "93.184.215.14";
const TOKEN = "tok-1a2b3c4d5e6f";
const { key, cert } = certificateOf("a.example");
const trusted = getCACertificates("default");
const seen: (string | undefined)[] = [];
let server: Server;
let port = 0;

beforeAll(async () => {
  server = createServer({ key, cert }, (request, response) => {
    seen.push(request.headers.authorization);
    response.end("ok");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ({ port } = server.address() as AddressInfo);
});
beforeEach(() => {
  seen.length = 0;
  setDefaultCACertificates([...trusted, cert]);
});
afterAll(async () => {
  setDefaultCACertificates(trusted);
  server.close();
  await once(server, "close");
});

function ask(host: string): Promise<{ kind: string; message: string; body: string }> {
  const network = new TestNetwork({ [host]: [[PUBLIC]] });
  const grants = [`net:${host}:${port}`, "secret:TOKEN"];
  return get({ grants, secrets: { TOKEN }, network }, `https://${host}:${port}/`, [["authorization", bearer("TOKEN")]]);
}

describe("https", () => {
  it("reaches who proves the name of the URL, and takes secrets there", async () => {
    expect(await ask("a.example")).toMatchObject({ kind: "ok", body: "ok" });
    expect(seen).toEqual([`Bearer ${TOKEN}`]);
  });

  it("tells nothing to who proves another name", async () => {
    const ended = await ask("b.example");

    expect(ended).toMatchObject({ kind: "unreachable", message: `b.example:${port}: ERR_TLS_CERT_ALTNAME_INVALID` });
    expect(seen).toEqual([]);
  });

  it("tells nothing to who vouches for itself, also when the environment says to believe everybody", async () => {
    setDefaultCACertificates(trusted);
    process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
    try {
      const ended = await ask("a.example");
      expect(ended).toMatchObject({ kind: "unreachable", message: `a.example:${port}: DEPTH_ZERO_SELF_SIGNED_CERT` });
      expect(seen).toEqual([]);
    } finally {
      delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    }
  });
});
