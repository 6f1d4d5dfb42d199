import { describe, expect, it } from "vitest";

import { MOST_OBJECTS } from "../../../../src/host/component/wasi/holdings.ts";
import { Fault } from "../../../../src/fault.ts";
import { CaseValue, ERR, OK, type Value } from "../../../../src/wit/value.ts";
import { errorOf, type FakeGuest, guestWith, unwrap } from "./guest.ts";
import { ScriptedHttp } from "./scripted-http.ts";

const T = "http/types#";
const OUT = "io/streams#[method]output-stream";
const IN = "io/streams#[method]input-stream";
const DENIED = new CaseValue(15, null);
const PROTOCOL_ERROR = new CaseValue(35, null);
const done = new CaseValue(OK, null);
const text = (written: string): Uint8Array => new TextEncoder().encode(written);
const refused = (index: number): CaseValue => new CaseValue(ERR, new CaseValue(index, null));

interface Line {
  readonly method?: CaseValue;
  readonly scheme?: CaseValue;
  readonly authority?: string;
  readonly path?: string;
  readonly headers?: readonly (readonly [string, string])[];
}

async function requestOf(guest: FakeGuest, line: Line = {}): Promise<Value> {
  const list = (line.headers ?? []).map(([name, value]) => [name, text(value)]);
  const headers = unwrap(await guest.call(`${T}[static]fields.from-list`, list));
  const request = await guest.call(`${T}[constructor]outgoing-request`, headers);
  const set = (part: string, value: Value): Promise<Value> =>
    guest.call(`${T}[method]outgoing-request.set-${part}`, request, value);
  unwrap(await set("method", line.method ?? new CaseValue(0, null)));
  unwrap(await set("scheme", line.scheme ?? new CaseValue(1, null)));
  unwrap(await set("authority", line.authority ?? "api.example.org"));
  unwrap(await set("path-with-query", line.path ?? "/items?n=1"));
  return request;
}

const handle = (guest: FakeGuest, request: Value, options: Value = null): Promise<Value> =>
  guest.call("http/outgoing-handler#handle", request, options);

const POST = new CaseValue(2, null);

/** What `get` answers in the end. */
async function outcome(guest: FakeGuest, future: Value): Promise<Value> {
  const pollable = await guest.call(`${T}[method]future-incoming-response.subscribe`, future);
  expect(await guest.call("io/poll#[method]pollable.block", pollable)).toBeNull();
  expect(await guest.call("io/poll#[method]pollable.ready", pollable)).toBe(true);
  return unwrap(await guest.call(`${T}[method]future-incoming-response.get`, future));
}

async function bodyOf(guest: FakeGuest, response: Value): Promise<string> {
  const body = unwrap(await guest.call(`${T}[method]incoming-response.consume`, response));
  const stream = unwrap(await guest.call(`${T}[method]incoming-body.stream`, body));
  let all = "";
  for (;;) {
    const part = (await guest.call(`${IN}.blocking-read`, stream, 7)) as CaseValue;
    if (part.index === ERR) break;
    all += new TextDecoder().decode(part.payload as Uint8Array);
  }
  return all;
}

describe("wasi:http", () => {
  it("sends a request and reads the response", async () => {
    const http = new ScriptedHttp();
    const guest = await guestWith(http.imports());
    const future = unwrap(await handle(guest, await requestOf(guest, { headers: [["Accept", "a/b"]] })));

    expect(await guest.call(`${T}[method]future-incoming-response.get`, future)).toBeNull();
    await http.answer(200, [["content-type", "t/é"]], "a body of several reads");
    const response = unwrap(await outcome(guest, future));

    expect(http.sent).toEqual([["GET", "https://api.example.org/items?n=1", [["Accept", "a/b"]], null, null, null, 0]]);
    expect(await guest.call(`${T}[method]incoming-response.status`, response)).toBe(200);
    const headers = await guest.call(`${T}[method]incoming-response.headers`, response);
    expect(await guest.call(`${T}[method]fields.get`, headers, "Content-Type")).toEqual([
      Uint8Array.of(0x74, 0x2f, 0xe9),
    ]);
    expect(await bodyOf(guest, response)).toBe("a body of several reads");
  });

  it("sends a body once it is finished (B1)", async () => {
    const http = new ScriptedHttp();
    const guest = await guestWith(http.imports());
    const request = await requestOf(guest, { method: POST, headers: [["Content-Length", "6"]] });
    const body = unwrap(await guest.call(`${T}[method]outgoing-request.body`, request));
    expect(await guest.call(`${T}[method]outgoing-request.body`, request)).toEqual(new CaseValue(ERR, null));
    const future = unwrap(await handle(guest, request));
    const stream = unwrap(await guest.call(`${T}[method]outgoing-body.write`, body));
    const chunk = text("abc");
    await guest.call(`${OUT}.write`, stream, chunk);
    chunk.fill(0);
    await guest.call(`${OUT}.blocking-write-and-flush`, stream, text("def"));
    expect(http.sent).toEqual([]);

    expect(await guest.call(`${T}[static]outgoing-body.finish`, body, null)).toEqual(done);
    expect(errorOf(await guest.call(`${OUT}.write`, stream, text("more")))).toEqual(new CaseValue(1, null));
    await http.answer(201, [], "");

    expect(unwrap(await outcome(guest, future))).toBeDefined();
    expect(http.sent).toEqual([["POST", "https://api.example.org/items?n=1", [], text("abcdef"), null, null, 0]]);
  });

  it("sends nothing when the body was given up, or is not what was said", async () => {
    const http = new ScriptedHttp();
    const guest = await guestWith(http.imports());
    const abandoned = await requestOf(guest, { method: POST });
    const dropped = unwrap(await guest.call(`${T}[method]outgoing-request.body`, abandoned));
    const first = unwrap(await handle(guest, abandoned));
    guest.drop(dropped);
    const short = await requestOf(guest, { method: POST, headers: [["content-length", "9"]] });
    const body = unwrap(await guest.call(`${T}[method]outgoing-request.body`, short));
    const second = unwrap(await handle(guest, short));

    expect(errorOf(await guest.call(`${T}[static]outgoing-body.finish`, body, null))).toEqual(new CaseValue(17, 0));
    expect(await outcome(guest, first)).toEqual(new CaseValue(ERR, PROTOCOL_ERROR));
    expect(await outcome(guest, second)).toEqual(new CaseValue(ERR, PROTOCOL_ERROR));
    expect(http.sent).toEqual([]);
  });

  it("takes no body beyond what was said, or allowed (B2)", async () => {
    const guest = await guestWith(new ScriptedHttp().imports());
    const failure = async (said: readonly (readonly [string, string])[], chunks: number): Promise<Value> => {
      const request = await requestOf(guest, { method: POST, headers: said });
      const body = unwrap(await guest.call(`${T}[method]outgoing-request.body`, request));
      const stream = unwrap(await guest.call(`${T}[method]outgoing-body.write`, body));
      for (let n = 0; n < chunks; n++) await guest.call(`${OUT}.write`, stream, new Uint8Array(1_048_576));
      const failed = errorOf(await guest.call(`${OUT}.write`, stream, text("x"))) as CaseValue;
      return guest.call(`${T}http-error-code`, failed.payload);
    };

    expect(await failure([["content-length", "0"]], 0)).toEqual(new CaseValue(17, 1));
    expect(await failure([], 32)).toEqual(new CaseValue(17, 32 * 1_048_576 + 1));
  });

  it.each([
    [0, 15, "denied"],
    [1, 19, "invalid"],
    [2, 3, "unreachable"],
    [3, 33, "timeout"],
    [4, 28, "too-large"],
    [5, 38, "failed"],
  ])("tells an error %i of the engine as %i", async (index, code, why) => {
    const http = new ScriptedHttp();
    const guest = await guestWith(http.imports());
    const future = unwrap(await handle(guest, await requestOf(guest)));
    await http.fail(index, why);

    const failed = errorOf(await outcome(guest, future)) as CaseValue;

    expect(failed.index).toBe(code);
    expect(await guest.call(`${T}[method]future-incoming-response.get`, future)).toEqual(new CaseValue(ERR, null));
  });

  it("fails the guest with what the engine fails with (S2)", async () => {
    const http = new ScriptedHttp();
    const guest = await guestWith(http.imports());
    const future = unwrap(await handle(guest, await requestOf(guest)));
    await http.throw(new Fault("plugin-lost", "the run has ended"));

    await expect(outcome(guest, future)).rejects.toMatchObject({ code: "plugin-lost" });
  });

  it("denies everything to a guest that was granted nothing, and never waits for it", async () => {
    const guest = await guestWith({});

    expect(await handle(guest, await requestOf(guest))).toEqual(new CaseValue(ERR, DENIED));
    expect(guest.colour("io/poll#poll")).toBe("sync");
    expect(guest.colour("http/outgoing-handler#handle")).toBe("sync");
  });

  it.each([
    ["TRACE", new CaseValue(7, null)],
    ["CONNECT", new CaseValue(5, null)],
    ["another", new CaseValue(9, "BREW")],
  ])("refuses the method %s", async (_, method) => {
    const http = new ScriptedHttp();
    const guest = await guestWith(http.imports());

    expect(await handle(guest, await requestOf(guest, { method }))).toEqual(refused(18));
    expect(http.sent).toEqual([]);
  });

  it("refuses another scheme, and a request without authority", async () => {
    const guest = await guestWith(new ScriptedHttp().imports());
    const bare = await guest.call(`${T}[constructor]outgoing-request`, await guest.call(`${T}[constructor]fields`));

    expect(await handle(guest, await requestOf(guest, { scheme: new CaseValue(2, "file") }))).toEqual(refused(19));
    expect(await handle(guest, bare)).toEqual(refused(19));
  });

  it.each([
    ["method", new CaseValue(9, "GET /x HTTP/1.1\r\nHost: evil")],
    ["method", new CaseValue(9, "")],
    ["scheme", new CaseValue(2, "a b")],
    ["authority", "user@api.example.org"],
    ["authority", "api.example.org/x"],
    ["authority", "api.example.org\r\nx: y"],
    ["authority", "api.example.org#"],
    ["authority", ""],
    ["path-with-query", "no-slash"],
    ["path-with-query", "@evil.example/"],
    ["path-with-query", "/a b"],
    ["path-with-query", "/a#b"],
    ["path-with-query", "/a\\..\\b"],
    ["path-with-query", "/\r\nx: y"],
  ])("takes no %s like %j", async (part, value) => {
    const guest = await guestWith({});
    const request = await requestOf(guest);

    expect(await guest.call(`${T}[method]outgoing-request.set-${part}`, request, value)).toEqual(
      new CaseValue(ERR, null),
    );
  });

  it("gives the engine one deadline for the parts that the guest knows", async () => {
    const http = new ScriptedHttp();
    const guest = await guestWith(http.imports());
    const options = await guest.call(`${T}[constructor]request-options`);
    await guest.call(`${T}[method]request-options.set-connect-timeout`, options, 1_000_000_000);
    await guest.call(`${T}[method]request-options.set-first-byte-timeout`, options, 2_000_000_000);
    expect(await guest.call(`${T}[method]request-options.connect-timeout`, options)).toBe(1_000_000_000);

    await handle(guest, await requestOf(guest), options);
    await http.answer(200, [], "");

    expect(http.sent[0]?.[4]).toBe(3_000);
  });

  it("has so many requests under way and no more", async () => {
    const http = new ScriptedHttp();
    const guest = await guestWith(http.imports());
    for (let n = 0; n < 16; n++) unwrap(await handle(guest, await requestOf(guest)));

    expect(await handle(guest, await requestOf(guest))).toEqual(refused(11));
    await http.answer(200, [], "");
    expect((await handle(guest, await requestOf(guest))) as CaseValue).toMatchObject({ index: OK });
  });

  it("waits for the first of several", async () => {
    const http = new ScriptedHttp();
    const guest = await guestWith(http.imports());
    const futures = [
      unwrap(await handle(guest, await requestOf(guest))),
      unwrap(await handle(guest, await requestOf(guest))),
    ];
    const pollables: Value[] = [];
    for (const each of futures)
      pollables.push(await guest.call(`${T}[method]future-incoming-response.subscribe`, each));
    const polled = guest.call("io/poll#poll", pollables);
    await http.answerAt(1, 204, [], "");

    expect(await polled).toEqual(Uint32Array.of(1));
  });

  it("waits for a response or for a moment, whichever is first, and the clock never goes back", async () => {
    const http = new ScriptedHttp();
    const timer = Promise.withResolvers<void>();
    let time = 1_000;
    const guest = await guestWith(http.imports(), undefined, { now: () => time, sleep: () => timer.promise });
    const now = (): Promise<Value> => guest.call("clocks/monotonic-clock#now");
    const future = unwrap(await handle(guest, await requestOf(guest)));
    const coming = await guest.call(`${T}[method]future-incoming-response.subscribe`, future);
    const moment = await guest.call("clocks/monotonic-clock#subscribe-duration", 5_000_000);

    const polled = guest.call("io/poll#poll", [moment, coming]);
    time = 1_009; // more than the guest would have slept
    await http.answer(200, [], "");
    expect(await polled).toEqual(Uint32Array.of(0, 1));
    expect(await now()).toBe(9_000_000);
    timer.resolve();
    await timer.promise;
    expect(await now()).toBe(9_000_000);

    const other = unwrap(await handle(guest, await requestOf(guest)));
    const later = await guest.call(`${T}[method]future-incoming-response.subscribe`, other);
    const soon = await guest.call("clocks/monotonic-clock#subscribe-duration", 1_000_000);
    expect(await guest.call("io/poll#poll", [later, soon])).toEqual(Uint32Array.of(1));
    await http.answer(200, [], "");
  });

  it("gives a body, its stream and its trailers once", async () => {
    const http = new ScriptedHttp();
    const guest = await guestWith(http.imports());
    const future = unwrap(await handle(guest, await requestOf(guest)));
    await http.answer(200, [], "x");
    const response = unwrap(await outcome(guest, future));
    const body = unwrap(await guest.call(`${T}[method]incoming-response.consume`, response));
    const no = new CaseValue(ERR, null);

    expect(await guest.call(`${T}[method]incoming-response.consume`, response)).toEqual(no);
    unwrap(await guest.call(`${T}[method]incoming-body.stream`, body));
    expect(await guest.call(`${T}[method]incoming-body.stream`, body)).toEqual(no);
    const trailers = await guest.call(`${T}[static]incoming-body.finish`, body);
    expect(await guest.call(`${T}[method]future-trailers.get`, trailers)).toEqual(new CaseValue(OK, done));
    expect(await guest.call(`${T}[method]future-trailers.get`, trailers)).toEqual(no);
  });

  it("forgets what the guest lets go of, and all of it at its end (K2)", async () => {
    const http = new ScriptedHttp();
    const guest = await guestWith(http.imports());
    const gone = unwrap(await handle(guest, await requestOf(guest)));
    const future = unwrap(await handle(guest, await requestOf(guest)));
    guest.drop(gone);
    await http.answer(200, [], "x".repeat(1000));
    const response = unwrap(await outcome(guest, future));
    expect(guest.context.holdings.count).toBe(1);
    expect(guest.context.holdings.bytes).toBeGreaterThanOrEqual(1000);
    expect(guest.context.holdings.bytes).toBeLessThan(2000);
    guest.drop(future);
    guest.drop(response);
    expect([guest.context.holdings.count, guest.context.holdings.bytes]).toEqual([0, 0]);

    const request = await requestOf(guest, { method: POST });
    await guest.call(`${T}[method]outgoing-request.body`, request);
    const waiting = unwrap(await handle(guest, request));
    guest.context.close(); // the body will never be finished
    expect(await outcome(guest, waiting)).toEqual(new CaseValue(ERR, PROTOCOL_ERROR));
    expect(guest.context.requests).toBe(0);
  });
});

describe("fields", () => {
  const make = async (): Promise<[FakeGuest, Value]> => {
    const guest = await guestWith({});
    return [guest, await guest.call(`${T}[constructor]fields`)];
  };

  it("compare names without case, and keep order", async () => {
    const [guest, fields] = await make();
    await guest.call(`${T}[method]fields.append`, fields, "X-A", text("1"));
    await guest.call(`${T}[method]fields.append`, fields, "x-a", text("2"));
    await guest.call(`${T}[method]fields.append`, fields, "x-b", text("3"));

    expect(await guest.call(`${T}[method]fields.get`, fields, "x-A")).toEqual([text("1"), text("2")]);
    expect(await guest.call(`${T}[method]fields.has`, fields, "X-B")).toBe(true);
    expect(await guest.call(`${T}[method]fields.set`, fields, "X-a", [text("4")])).toEqual(done);
    expect(await guest.call(`${T}[method]fields.delete`, fields, "x-B")).toEqual(done);
    const copy = await guest.call(`${T}[method]fields.clone`, fields);
    await guest.call(`${T}[method]fields.append`, copy, "x-c", text("5"));
    expect(await guest.call(`${T}[method]fields.entries`, fields)).toEqual([["X-a", text("4")]]);
  });

  it.each([
    ["a name with a colon", "x:y", "v", 0],
    ["a name with a line in it", "x\r\ny", "v", 0],
    ["no name", "", "v", 0],
    ["a value with a line in it", "x", "v\r\nhost: evil", 0],
    ["a value with a NUL", "x", "\0", 0],
    ["the host", "Host", "evil.example", 1],
    ["how a message travels", "Transfer-Encoding", "chunked", 1],
    ["more than they may hold", "x", "v".repeat(200_000), 1],
  ])("refuse %s (H1)", async (_, name, value, index) => {
    const [guest, fields] = await make();

    expect(await guest.call(`${T}[method]fields.append`, fields, name, text(value))).toEqual(refused(index));
    expect(await guest.call(`${T}[static]fields.from-list`, [[name, text(value)]])).toEqual(refused(index));
    expect(await guest.call(`${T}[method]fields.entries`, fields)).toEqual([]);
  });

  it("of a request are fixed", async () => {
    const guest = await guestWith({});
    const headers = await guest.call(`${T}[method]outgoing-request.headers`, await requestOf(guest));

    expect(await guest.call(`${T}[method]fields.append`, headers, "x", text("y"))).toEqual(refused(2));
  });

  it("beyond number end the guest that makes them (K1)", async () => {
    const guest = await guestWith({});
    for (let n = 0; n < MOST_OBJECTS; n++) await guest.call(`${T}[constructor]fields`);

    await expect(guest.call(`${T}[constructor]fields`)).rejects.toMatchObject({ code: "memory-limit" });
  });
});

describe("variables of the environment", () => {
  it("are those that the package names, that were granted, and that are set", async () => {
    const get = ([name]: readonly Value[]): Value => {
      if (name === "SECRET_HOME") return new CaseValue(OK, "/home/somebody");
      if (name === "PLACE") return new CaseValue(OK, "here");
      return name === "OTHER" ? new CaseValue(OK, null) : new CaseValue(ERR, new CaseValue(0, "denied"));
    };
    const imports = {
      "sennit:host/env@0.2.0#get": { colour: "async" as const, call: async (args: readonly Value[]) => get(args) },
    };
    const guest = await guestWith(imports, ["env:PLACE", "env:OTHER", "env:DENIED", "env:PLACE"]);

    expect(await guest.call("cli/environment#get-environment")).toEqual([["PLACE", "here"]]);
    expect(guest.colour("io/poll#poll")).toBe("sync");
    expect(await (await guestWith(imports, [])).call("cli/environment#get-environment")).toEqual([]);
  });
});
