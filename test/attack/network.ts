/**
 * `std:http` against its grants: names that lead elsewhere, addresses in disguise, redirects, lines in headers, secrets.
 * Names and routes are the test's own; the servers are real.
 */
import { basic, bearer, call, get, plain, secret, TestNetwork, TestServer } from "../engine/std/http-server.ts";
import type { Answered, Handler, Headers, World } from "../engine/std/http-server.ts";
import { contained, refused, type Attack, type Ending } from "./attack.ts";

const PUBLIC = "93.184.215.14";
const METADATA = "169.254.169.254";
const TOKEN = "tok-9f8e7d6c5b4a";
const DENIED = refused(/^denied/);
const INVALID = refused(/^invalid/);

function net(what: string, tries: string, ends: Ending, plays: () => Promise<string>): Attack {
  return { id: `net/${what}`, language: "program", tries, ends, plays };
}

function said({ kind, message, body }: Answered): string {
  return `${kind} ${kind === "ok" ? body : message}`;
}

/** What a URL comes to, when this is granted; a connection that was made shows. */
function url(what: string, tries: string, asked: string, grants: readonly string[], ends: Ending = DENIED): Attack {
  return net(`url-${what}`, tries, ends, async () => {
    const network = new TestNetwork({});
    const text = said(await get({ grants, network }, asked));
    return network.connected.length === 0 ? text : `connected to ${network.connected.join()}`;
  });
}

const NOWHERE = ["net:api.example"];

const DISGUISES: readonly Attack[] = (
  [
    ["short", "127.1"],
    ["hexadecimal", "0x7f.0.0.1"],
    ["octal", "0177.0.0.1"],
    ["decimal", "2130706433"],
    ["zero", "0"],
    ["this-network", "0.0.0.0"],
    ["full-width", "１２７.0.0.1"],
    ["ideographic-dots", "127。0。0。1"],
    ["circled", "①②⑦.0.0.1"],
    ["ipv6", "[::1]"],
    ["ipv6-mapped", "[::ffff:127.0.0.1]"],
    ["ipv6-mapped-hexadecimal", "[::ffff:7f00:1]"],
    ["ipv6-translated", "[64:ff9b::7f00:1]"],
    ["ipv6-6to4", "[2002:7f00:1::]"],
    ["name", "localhost"],
    ["name-upper", "LOCALHOST."],
    ["name-below", "a.localhost"],
  ] as const
).map(([what, host]) => url(what, `asks for this machine as \`${host}\``, `http://${host}/`, NOWHERE));

const ALWAYS_DENIED: readonly Attack[] = (
  [
    ["metadata", METADATA],
    ["metadata-decimal", "2852039166"],
    ["metadata-octal", "0251.0376.0251.0376"],
    ["metadata-mapped", "[::ffff:a9fe:a9fe]"],
    ["metadata-translated", "[64:ff9b::a9fe:a9fe]"],
    ["metadata-ipv6", "[fd00:ec2::254]"],
    ["metadata-azure", "168.63.129.16"],
    ["metadata-oracle", "192.0.0.192"],
    ["link-local-ipv6", "[fe80::1]"],
    ["broadcast", "255.255.255.255"],
    ["multicast", "224.0.0.1"],
  ] as const
).map(([what, host]) =>
  url(what, `asks for \`${host}\`, which it was granted: it is never reached`, `http://${host}/`, [
    `net:${host}`,
    `net:${METADATA}`,
  ]),
);

const NAMES: readonly Attack[] = [
  url("user", "puts the granted host before an `@`", "http://api.example@evil.example/", NOWHERE, INVALID),
  url("user-port", "puts it before a port and an `@`", "http://api.example:80@evil.example/", NOWHERE, INVALID),
  url("backslash", "ends the host by a backslash", "http://evil.example\\@api.example/", NOWHERE, DENIED),
  url("fragment", "ends the host by a fragment", "http://evil.example#@api.example/", NOWHERE, DENIED),
  url("query", "ends the host by a query", "http://evil.example?@api.example/", NOWHERE, DENIED),
  url("prefix", "begins as the granted host does", "http://api.example.evil.example/", NOWHERE),
  url("suffix", "ends as the granted host does", "http://evilapi.example/", NOWHERE),
  url("wildcard-itself", "is the name that `*.` stands before", "http://a.example/", ["net:*.a.example"]),
  url("wildcard-suffix", "ends as a granted wildcard does", "http://evila.example/", ["net:*.a.example"]),
  url("homograph", "looks like the granted host", "http://аpi.example/", NOWHERE),
  url("escaped-dot", "escapes a dot", "http://api.example%2eevil.example/", NOWHERE, DENIED),
  url("soft-hyphen", "hides a soft hyphen, which is dropped", "http://evi\u00ad.example/", NOWHERE),
  url("port", "asks for another port", "http://api.example:8080/", NOWHERE),
  url("port-zero", "asks for port 0", "http://api.example:0/", NOWHERE, INVALID),
  url("port-huge", "asks for a port that there is not", "http://api.example:65616/", NOWHERE, INVALID),
  url("scheme-file", "reads a file", "file:///etc/passwd", ["net:localhost"], INVALID),
  url("scheme-data", "fetches what it brings along", "data:text/plain,x", ["net:localhost"], INVALID),
  url("scheme-unix", "talks to a socket of this machine", "unix:/var/run/docker.sock", ["net:localhost"], INVALID),
  url("line-break", "breaks the line within the URL", "http://api.example/\r\nX: y", NOWHERE, INVALID),
];

/** A name with these addresses at each lookup, and requests to it one after the other. */
function rebinding(what: string, tries: string, answers: readonly (readonly string[])[], ends: Ending): Attack {
  return net(`rebinding-${what}`, tries, ends, async () => {
    await using server = await TestServer.start((_, response) => response.end("reached"));
    const network = new TestNetwork({ "api.example": answers });
    const world = { grants: [`net:api.example:${server.port}`], network };
    const all: string[] = [];
    for (const _ of answers) all.push((await get(world, `http://api.example:${server.port}/`)).kind);
    return `${all.join()}; looked up ${network.lookups.length}, connected to ${network.connected.join(" ") || "nobody"}`;
  });
}

const REBINDING: readonly Attack[] = [
  rebinding(
    "second",
    "is public when first asked for, and this machine at the second time",
    [[PUBLIC], ["127.0.0.1"]],
    contained(/^ok,denied; looked up 2, connected to 93\.184\.215\.14$/),
  ),
  rebinding(
    "mixed",
    "has public and local addresses at once",
    [[METADATA, "127.0.0.1", PUBLIC, "::1", "10.0.0.1"]],
    contained(/^ok; looked up 1, connected to 93\.184\.215\.14$/),
  ),
  rebinding(
    "mapped",
    "leads to this machine by an IPv4 address inside an IPv6 one",
    [["::ffff:127.0.0.1"], ["64:ff9b::7f00:1"]],
    contained(/^denied,denied; looked up 2, connected to nobody$/),
  ),
  rebinding(
    "metadata",
    "leads to where clouds keep credentials",
    [[METADATA]],
    contained(/^denied; looked up 1, connected to nobody$/),
  ),
  rebinding(
    "zone",
    "leads to a link by an address with a zone",
    [["fe80::1%eth0"]],
    contained(/^denied; looked up 1, connected to nobody$/),
  ),
  rebinding(
    "no-address",
    "has no address that is one",
    [["not an address"]],
    contained(/^denied; looked up 1, connected to nobody$/),
  ),
];

const hop =
  (location: string, status = 302): Handler =>
  (_, response) => {
    response.writeHead(status, { location });
    response.end();
  };

/** A granted server that leads on; whoever else is asked shows. */
function redirect(what: string, tries: string, location: string, ends: Ending, grants: readonly string[] = []): Attack {
  return net(`redirect-${what}`, tries, ends, async () => {
    await using other = await TestServer.start((_, response) => response.end("other"));
    await using server = await TestServer.start(hop(location.replace("OTHER", `127.0.0.1:${other.port}`)));
    const all = { grants: [`net:127.0.0.1:${server.port}`, ...grants] };
    const text = said(await get(all, `http://127.0.0.1:${server.port}/`));
    return other.seen.length === 0 ? text : `reached the other: ${text}`;
  });
}

const REDIRECTS: readonly Attack[] = [
  redirect("ungranted", "leads to another port of a granted host", "http://OTHER/", DENIED),
  redirect("metadata", "leads to where clouds keep credentials", `http://${METADATA}/`, DENIED, [`net:${METADATA}`]),
  redirect("mapped", "leads there in disguise", "http://[::ffff:a9fe:a9fe]/", DENIED, [`net:${METADATA}`]),
  redirect("file", "leads to a file", "file:///etc/passwd", INVALID),
  redirect("user", "brings a user and password along", "http://u:p@127.0.0.1/", INVALID),
  redirect("scheme-relative", "leaves out the scheme", "//OTHER/", DENIED),
  redirect("for-ever", "leads to itself for ever", "/", refused(/^failed.*redirects/)),
  net("redirect-secret", "leads a secret to another server", contained(/^ok none none$/), async () => {
    await using other = await TestServer.start((_, response) => response.end("other"));
    await using server = await TestServer.start(hop(`http://127.0.0.1:${other.port}/`, 307));
    const grants = [`net:127.0.0.1:${server.port}`, `net:127.0.0.1:${other.port}`, "secret:TOKEN"];
    const headers: Headers = [
      ["authorization", bearer("TOKEN")],
      ["user-agent", secret("TOKEN")],
      ["cookie", plain("session=1")],
    ];
    const { kind } = await get({ grants, secrets: { TOKEN } }, `http://127.0.0.1:${server.port}/`, headers);
    const got = JSON.stringify(other.seen[0]?.headers ?? {});
    return `${kind} ${got.includes(TOKEN) ? "the secret" : "none"} ${got.includes("session") ? "the cookie" : "none"}`;
  }),
];

/** What a program would put on the wire; a request that arrives shows. */
function wire(what: string, tries: string, headers: Headers, method = "GET", path = "/"): Attack {
  return net(`wire-${what}`, tries, INVALID, async () => {
    await using server = await TestServer.start((_, response) => response.end("ok"));
    const world = { grants: [`net:127.0.0.1:${server.port}`, "secret:TOKEN"], secrets: { TOKEN } };
    const asked = [method, `http://127.0.0.1:${server.port}${path}`, headers, null, null, null];
    const text = said(await call(world, "request", asked));
    return server.seen.length === 0 ? text : `arrived: ${text}`;
  });
}

const WIRE: readonly Attack[] = [
  wire("value-lines", "adds a header by a line break in another's value", [["x", plain("a\r\nhost: evil")]]),
  wire("value-nul", "ends a value by NUL", [["x", plain("a\0b")]]),
  wire("value-latin", "writes characters that become line breaks when they are cut", [["x", plain("a\u010d\u010ab")]]),
  wire("name-lines", "adds a header by a line break in a name", [["x: y\r\nz", plain("a")]]),
  wire("name-space", "hides a header's name by a space", [["content-length ", plain("5")]]),
  wire("host", "asks for another virtual host", [["Host", plain("evil.example")]]),
  wire("smuggle-length", "hides a second request behind a length", [["Content-Length", plain("0")]]),
  wire("smuggle-chunks", "hides a second request behind chunks", [["Transfer-Encoding", plain("chunked")]]),
  wire("upgrade", "changes the protocol", [["Upgrade", plain("h2c")]]),
  wire("user-lines", "breaks a line in a user's name", [["authorization", basic("a\r\nb", "TOKEN")]]),
  wire("method-lines", "breaks a line in the method", [], "GET / HTTP/1.1\r\nX: y\r\n\r\nGET"),
  wire("method-connect", "opens a tunnel", [], "CONNECT"),
  wire("path-space", "ends the request line by a space", [], "GET", "/ HTTP/1.0"),
];

/** A secret that is sent to a server which does this with it. */
function kept(what: string, tries: string, ends: Ending, handler: Handler, world: Partial<World> = {}): Attack {
  return net(`secret-${what}`, tries, ends, async () => {
    await using server = await TestServer.start(handler);
    const grants = world.grants ?? [`net:127.0.0.1:${server.port}`, "secret:TOKEN"];
    const asked = `http://127.0.0.1:${server.port}/`;
    const filled = grants.map((grant) => grant.replace("PORT", String(server.port)));
    const headers: Headers = [["authorization", basic("me", "TOKEN")]];
    const text = said(await get({ secrets: { TOKEN }, ...world, grants: filled }, asked, headers));
    return text.includes(TOKEN) || text.includes(btoa(`me:${TOKEN}`)) ? "it came back" : text;
  });
}

const echo: Handler = ({ headers }, response) => response.end(JSON.stringify(headers));
const decoded: Handler = (_, response) => response.end(`you are ${TOKEN}`);

const SECRETS: readonly Attack[] = [
  kept("echo", "has a server repeat its headers", refused(/^failed.*withheld/), echo),
  kept("decoded", "has a server repeat the secret in its body", refused(/^failed.*withheld/), decoded),
  kept("header", "has it repeated in a header", refused(/^failed.*withheld/), (_, response) =>
    response.setHeader("x", TOKEN).end(),
  ),
  kept("redirected", "has it repeated in where a redirect leads", refused(/^failed.*withheld/), (_, response) =>
    response.writeHead(302, { location: `/${TOKEN}` }).end(),
  ),
  kept("ungranted", "uses a secret by the grant of a variable", DENIED, echo, {
    grants: ["net:127.0.0.1:PORT", "env:TOKEN"],
  }),
  kept("lines", "uses a secret of two lines", INVALID, echo, { secrets: { TOKEN: `${TOKEN}\r\nx: y` } }),
  net("secret-plain", "sends a secret where everybody can read it", DENIED, async () => {
    const network = new TestNetwork({ "api.example": [[PUBLIC]] });
    const world = { grants: ["net:api.example", "secret:TOKEN"], secrets: { TOKEN }, network };
    return said(await get(world, "http://api.example/", [["x", secret("TOKEN")]]));
  }),
  net("secret-proto", "uses a secret named `__proto__`", DENIED, async () =>
    said(
      await get({ grants: ["net:127.0.0.1:9", "secret:TOKEN"] }, "http://127.0.0.1:9/", [["x", secret("__proto__")]]),
    ),
  ),
];

/** A server that answers badly; the request has a limit of a kilobyte. */
function answer(what: string, tries: string, ends: Ending, handler: Handler): Attack {
  return net(`answer-${what}`, tries, ends, async () => {
    await using server = await TestServer.start(handler);
    const asked = ["GET", `http://127.0.0.1:${server.port}/`, [], null, 2000, 1024];
    return said(await call({ grants: [`net:127.0.0.1:${server.port}`] }, "request", asked)).slice(0, 200);
  });
}

const ANSWERS: readonly Attack[] = [
  answer("endless", "answers for ever", refused(/^too-large/), (_, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write("x".repeat(65_536)));
    };
    response.on("drain", more);
    more();
  }),
  answer("claims", "claims to be four gigabytes long", refused(/^too-large/), (_, response) => {
    response.writeHead(200, { "content-length": String(2 ** 32) });
    response.write("x");
  }),
  answer("headers", "answers with a megabyte of headers", refused(/^(failed|too-large)/), (_, response) => {
    response.writeHead(200, { x: "x".repeat(2 ** 20) });
    response.end();
  }),
  answer("slow", "answers a letter at a time, for ever", refused(/^timeout/), (_, response) => {
    const timer = setInterval(() => response.write("x"), 100);
    response.on("close", () => clearInterval(timer));
  }),
  answer("silent", "never answers", refused(/^timeout/), () => {}),
  answer("compressed", "answers what would be huge when it is unpacked", contained(/^ok /), (_, response) => {
    response.writeHead(200, { "content-encoding": "gzip" });
    response.end(Buffer.from("1f8b0800000000000003", "hex"));
  }),
  answer("no-http", "speaks another protocol", refused(/^(failed|unreachable)/), (request) => {
    request.socket.end("SSH-2.0-OpenSSH\r\n\r\n");
  }),
];

export const NETWORK: readonly Attack[] = [
  ...DISGUISES,
  ...ALWAYS_DENIED,
  ...NAMES,
  ...REBINDING,
  ...REDIRECTS,
  ...WIRE,
  ...SECRETS,
  ...ANSWERS,
];
