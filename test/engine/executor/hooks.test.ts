import { expect, it } from "vitest";

import { World } from "./world.ts";

const TEXT = `a = webhook(); b = webhook(); print a.url; print b.url; print await b; print await a;`;

async function tokens(world: World, id: string): Promise<readonly string[]> {
  return (await world.lines(id)).map((url) => url.slice(url.lastIndexOf("/") + 1));
}

it("what is posted to a webhook wakes its run, also after a restart", async () => {
  await using world = new World();
  await world.start();
  const id = await world.submit(TEXT, { id: "order:1@2026-01-01T00:00:00.000Z" });
  await world.pass(1000);
  const [a = "", b = ""] = await tokens(world, id);
  expect(new URL(`http://host/${a}`).pathname).toBe(`/${a}`);
  await world.restart();
  expect(await world.state(id)).toBe("waiting");
  expect(await world.until(world.executor.webhook(a, { value: "first", sender: "x" }))).toBe(true);
  expect(await world.until(world.executor.webhook(a, { value: "again", sender: "x" }))).toBe(true);
  expect(await world.until(world.executor.webhook(b, { value: "second", sender: "y" }))).toBe(true);
  expect(await world.ended(id)).toMatchObject({ state: "done" });
  expect((await world.lines(id)).slice(2)).toEqual(["second", "first"]);
});

it("a token that nobody was given is nobody's, and leaves no trace", async () => {
  await using world = new World();
  await world.start();
  const id = await world.submit(TEXT);
  const other = await world.submit(TEXT);
  await world.pass(1000);
  const before = await world.store.header(id);
  const [token = ""] = await tokens(world, id);
  const [run = "", effect = "", secret = ""] = token.split("~");
  const turned = secret.startsWith("0") ? `1${secret.slice(1)}` : `0${secret.slice(1)}`;
  for (const forged of [
    "",
    "~~",
    id,
    `${run}~${effect}~${turned}`,
    `${run}~${"0".repeat(32)}~${secret}`,
    `nobody~${effect}~${secret}`,
    `${run}~${effect}~${secret} `,
    `${run}~${effect}`,
    token.toUpperCase(),
    "x".repeat(100_000),
  ])
    expect(await world.until(world.executor.webhook(forged, { value: 1, sender: "x" }))).toBe(false);
  expect(await world.store.header(id)).toEqual(before);
  expect(await world.state(other)).toBe("waiting");
});
