/**
 * A secret that a plugin uses is nowhere but on the wire: not in any memory of WebAssembly that this process made, not in what
 * was sent to another thread or process, not in what the run showed, answered or failed with (HAZARDS 30).
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MessagePort, Worker } from "node:worker_threads";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { run } from "../../src/engine/embedding/run-program.node.ts";
import { TestServer } from "./std/http-server.ts";

const TOKEN = "tok-6e21b5d09f33a8";
const USER = "courier";
/** A text that has to be found, to show that looking for it works. */
const SEEN = "seen-5f0c9b7e21d4";

const made: string[] = [];
afterAll(() => {
  for (const each of made) rmSync(each, { recursive: true, force: true });
});

const memories: WebAssembly.Memory[] = [];
const sent: string[] = [];

function keepMessages(prototype: Pick<Worker, "postMessage">): void {
  const post: (message: unknown) => void = prototype.postMessage;
  vi.spyOn(prototype, "postMessage").mockImplementation(function (
    this: unknown,
    message: unknown,
    ...others: readonly unknown[]
  ) {
    sent.push(textOf(message));
    Reflect.apply(post, this, [message, ...others]);
  });
}

beforeEach(() => {
  memories.length = 0;
  sent.length = 0;
  const { Memory, Instance } = WebAssembly;
  vi.spyOn(WebAssembly, "Memory").mockImplementation(function (descriptor) {
    const memory = new Memory(descriptor);
    memories.push(memory);
    return memory;
  });
  Object.defineProperty(WebAssembly.Memory, Symbol.hasInstance, { value: (each: unknown) => each instanceof Memory });
  vi.spyOn(WebAssembly, "Instance").mockImplementation(function (module, imports) {
    const instance = new Instance(module, imports);
    for (const value of Object.values(instance.exports)) if (value instanceof Memory) memories.push(value);
    return instance;
  });
  keepMessages(MessagePort.prototype);
  keepMessages(Worker.prototype);
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** Everything in a message, bytes as Latin-1. */
function textOf(message: unknown): string {
  if (message instanceof ArrayBuffer || ArrayBuffer.isView(message)) {
    const bytes = message instanceof ArrayBuffer ? Buffer.from(message) : Buffer.from(message.buffer);
    return bytes.toString("latin1");
  }
  if (typeof message !== "object" || message === null) return String(message);
  return Object.values(message).map(textOf).join("\n");
}

function remembered(text: string): boolean {
  // Freed memory keeps most of what was in it.
  return memories.some(({ buffer }) => Buffer.from(buffer).includes(text));
}

/** The program, its output and what it failed with as text. */
async function shown(language: string, level: string, port: number): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "sennit-secret-"));
  made.push(folder);
  const name = `sample:courier-${language}`;
  const place = JSON.stringify(fileURLToPath(new URL(`../../plugins/samples/courier-${language}`, import.meta.url)));
  writeFileSync(
    join(folder, "sennit.toml"),
    `[dependencies]\n"${name}" = { path = ${place} }\n[policy]\nisolation = { "${name}" = "${level}" }\n`,
  );
  const at = `http://127.0.0.1:${port}`;
  const source = `require "${name}" as c;
print c.send("${at}/${SEEN}", "${`${SEEN} `.repeat(100)}");
print c.fetch("${at}/ok", "COURIER_TOKEN");
print c.has_secret("COURIER_TOKEN");
for path in ["body", "header", "moved"] { try { print c.fetch("${at}/" .. path, "COURIER_TOKEN"); } catch (e) { print e; print e.message; } }
for name in ["COURIER_TOKEN", "PATH"] { try { print c.variable(name); } catch (e) { print e.message; } }
try { print c.command(["cat"], "x"); } catch (e) { print e.message; }
c.fetch("http://127.0.0.1:1/", "COURIER_TOKEN");`;
  const lines: string[] = [];
  const wants = [
    "net:localhost:8080",
    "fs:data",
    "env:COURIER_PLACE",
    "secret:COURIER_TOKEN",
    "clock:live",
    "random:live",
    "run:cat",
  ];
  const failure: unknown = await run(source, {
    file: join(folder, "program.sennit"),
    grants: [...wants, `net:127.0.0.1:${port}`, "net:127.0.0.1:1"].map((grant) => `${name}=${grant}`),
    secrets: { COURIER_TOKEN: TOKEN },
    onPrint: () => {},
    onEvent: (event) => lines.push(JSON.stringify(event)),
  }).catch((fault: unknown) => fault);
  expect(failure).toBeInstanceOf(Error);
  const { message, stack, cause } = failure as Error;
  return [...lines, message, stack, JSON.stringify(failure), String(cause), JSON.stringify(cause)].join("\n");
}

describe.each([
  ["rust", "L0"],
  ["lua", "L0"],
  ["lua", "L2"],
  ["python", "L0"],
])("a secret that a plugin in %s at %s uses", (language, level) => {
  it("is nowhere but on the wire", async () => {
    const piped: string[] = [];
    const write = Socket.prototype.write;
    vi.spyOn(Socket.prototype, "write").mockImplementation(function (this: Socket, ...args) {
      // What goes to a child is not the wire.
      if (this.remotePort === undefined && !this.connecting) piped.push(textOf(args[0]));
      return write.apply(this, args as Parameters<typeof write>);
    });
    await using server = await TestServer.start((request, response) => {
      const value = request.headers.authorization ?? "";
      if (request.url === "/body") response.end(`you said ${value}`);
      else if (request.url === "/header") response.setHeader("x-said", value).end();
      else if (request.url === "/moved") response.writeHead(302, { location: `/${value.slice(7)}` }).end();
      else response.end("ok");
    });

    const text = await shown(language, level, server.port);

    const authorizations = server.seen.map(({ headers }) => headers.authorization);
    expect(authorizations).toEqual([undefined, ...Array(4).fill(`Bearer ${TOKEN}`)]);
    expect(text).toContain("repeats the secret COURIER_TOKEN");
    for (const form of [TOKEN, Buffer.from(`${USER}:${TOKEN}`).toString("base64"), TOKEN.slice(4)]) {
      expect(text).not.toContain(form);
      expect(remembered(form)).toBe(false);
      expect(sent.join("\n")).not.toContain(form);
      expect(piped.join("\n")).not.toContain(form);
    }
    // Looking works: what the plugin was given to send is in its memory, or was sent to where that is.
    expect(remembered(SEEN) || [...sent, ...piped].some((each) => each.includes(SEEN))).toBe(true);
  });
});
