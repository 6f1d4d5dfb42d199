/** Every command once in a process of its own: it ends by itself, with its status. Other tests share one process (F1). */
import { afterAll, describe, expect, it } from "vitest";
import { commands } from "../../src/cli/command.ts";
import { Folder, samples } from "./sennit.ts";

const ASKS = 'print "one";\nwait signal("go");\n2;\n';
const folder = new Folder({
  "asks.sennit": ASKS,
  "asks.test.toml": '[[test]]\nname = "asks"\n[[test.signal]]\nname = "go"\n[test.expect]\nvalue = 2\n',
  "later.sennit": ASKS.replace("2;", "3;"),
  "loose.sennit": "x=1 ;\n",
  "two.sennit": 'print "one";\n2;\n',
});

type Case = readonly [command: string, args: readonly string[], shows: RegExp];

const STORE = ["--store", "runs.db"];

/** In this order: each finds what those before it have left. */
const ALONE: readonly Case[] = [
  ["check", ["two.sennit"], /^$/],
  ["fmt", ["loose.sennit"], /^formatted loose\.sennit\n$/],
  ["test", ["."], /^1 tests: 1 passed/m],
  ["completion", ["fish"], /^complete /m],
  ["plugin inspect", [`${samples}/counter-lua`], /export add/],
  ["plugin call", [`${samples}/counter-lua`, "add", "1", "2"], /^3\n$/],
  ["run", ["two.sennit", "--id", "a", ...STORE], /^one\n$/],
  ["resume", ["a", ...STORE], /^$/],
  ["history", ["a", ...STORE], /^STEP /],
  ["provenance", ["a", ...STORE], /^digraph /],
  ["export", ["a", "--out", "a.journal", ...STORE], /a\.journal/],
  ["import", ["a.journal", "--store", "other.db"], /^a\n$/],
  ["store verify", STORE, /^sound\n$/],
  ["store cut", ["a", ...STORE], /^sound/],
  ["store backup", ["copy.db", ...STORE], /^$/],
  ["store vacuum", STORE, /bytes given back/],
];

/** On the store of a daemon, and on what it leaves. */
const OF_A_DAEMON: readonly Case[] = [
  ["daemon start", STORE, /^the daemon started/],
  ["daemon status", STORE, /^daemon /],
  ["submit", ["asks.sennit", "--id", "b", ...STORE], /^b\n$/],
  ["pause", ["b", ...STORE], /paused/],
  ["ps", STORE, /^b +paused /m],
  ["cancel", ["b", ...STORE], /cancelled/],
  ["show", ["b", ...STORE], /cancelled/],
  ["retry", ["b", ...STORE], /goes on/],
  ["remove", ["b", ...STORE], /deleted/],
  ["wait", ["a", ...STORE], /^2\n$/],
  ["logs", ["a", "--follow", ...STORE], /^one\n$/],
  ["queue set", ["mail", "--concurrency", "1", ...STORE], /mail/],
  ["queue list", STORE, /^mail /m],
  ["queue remove", ["mail", ...STORE], /mail/],
  ["schedule set", ["tick", "two.sennit", "--every", "1h", ...STORE], /tick/],
  ["schedule list", STORE, /^tick /m],
  ["schedule remove", ["tick", ...STORE], /tick/],
  ["reload", STORE, /nothing has changed/],
  ["daemon stop", STORE, /has stopped/],
  ["migrate", ["c", "later.sennit", ...STORE], /^moved +c: it waits/],
  ["signal", ["c", "go", ...STORE], /^$/],
];

async function expectDone([name, args, shows]: Case): Promise<void> {
  const ended = await folder.sennit([...name.split(" "), ...args]);
  expect(ended, name).toMatchObject({ status: 0, stdout: expect.stringMatching(shows) as unknown });
}

describe("in a process of its own", { timeout: 300_000 }, () => {
  afterAll(async () => {
    await folder.shared(["daemon", "stop", ...STORE]);
    folder[Symbol.dispose]();
  });

  it("each command ends with its status", async () => {
    for (const each of ALONE) await expectDone(each);
  });

  it("each command on the store of a daemon ends with its status", async () => {
    for (const each of OF_A_DAEMON) {
      if (each[0] === "daemon stop") await folder.shared(["submit", "asks.sennit", "--id", "c", ...STORE]);
      await expectDone(each);
    }
  });

  it("there is every command", () => {
    const tried = [...ALONE, ...OF_A_DAEMON].map(([name]) => name);
    expect(tried.toSorted()).toEqual(commands.map(({ name }) => name).toSorted());
  });
});
