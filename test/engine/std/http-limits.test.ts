/** How much of the network one run takes, and what becomes of a request nobody waits for. */
import { describe, expect, it } from "vitest";
import type { ServerResponse } from "node:http";
import { run } from "../../../src/engine/embedding/run-program.node.ts";
import { answered, get, instanceOf, TestNetwork, TestServer } from "./http-server.ts";

describe("std:http", () => {
  it("has at most 32 requests under way at one host, and 64 in one run; the others wait (N6)", async () => {
    const held: ServerResponse[] = [];
    let arrived = Promise.withResolvers<void>();
    let wanted = 64;
    await using server = await TestServer.start((_, response) => {
      held.push(response);
      if (held.length === wanted) arrived.resolve();
    });
    const { port } = server;
    const names = Object.fromEntries(["a", "b", "c"].map((name) => [`${name}.example`, Array(50).fill(["8.8.8.8"])]));
    const network = new TestNetwork(names);
    await using instance = await instanceOf({
      grants: ["a", "b", "c"].map((n) => `net:${n}.example:${port}`),
      network,
    });
    const asked = (name: string, count: number): Promise<unknown>[] =>
      Array.from({ length: count }, async () =>
        answered(await instance.call("get", [`http://${name}.example:${port}/${name}`, []])),
      );

    const all = [...asked("a", 40), ...asked("b", 40), ...asked("c", 5)];
    await arrived.promise;
    await new Promise((turn) => setImmediate(turn));
    const counts = Object.fromEntries(
      ["a", "b", "c"].map((n) => [n, server.seen.filter(({ url }) => url === `/${n}`).length]),
    );
    expect(counts).toEqual({ a: 32, b: 32, c: 0 });
    expect(network.timers.size).toBe(64); // the time of those that wait has not begun

    arrived = Promise.withResolvers<void>();
    wanted = 85;
    for (const response of held.slice()) response.end("ok");
    await arrived.promise;
    for (const response of held.slice(64)) response.end("ok");
    expect((await Promise.all(all)).every((each) => (each as { kind: string }).kind === "ok")).toBe(true);
    expect(network.timers.size).toBe(0);
  });

  it("cuts headers of more than 64 KiB, and takes fewer (X3)", async () => {
    await using server = await TestServer.start(({ url }, response) => {
      const size = Number(url?.slice(1));
      for (let at = 0; at < size; at += 8192) response.setHeader(`x-${at}`, "v".repeat(8100));
      response.end("ok");
    });
    const world = { grants: [`net:127.0.0.1:${server.port}`] };

    expect(await get(world, `http://127.0.0.1:${server.port}/32768`)).toMatchObject({ kind: "ok", body: "ok" });
    expect(await get(world, `http://127.0.0.1:${server.port}/98304`)).toMatchObject({ kind: "too-large" });
  });

  it("ends a request whose effect is abandoned, while the run goes on", async () => {
    const { promise: closed, resolve: close } = Promise.withResolvers<void>();
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
    await using server = await TestServer.start((request, response) => {
      if (request.url === "/fast") {
        response.end("fast");
        return;
      }
      request.socket.once("close", () => close());
      ask();
    });
    const url = `http://127.0.0.1:${server.port}`;
    const program = `
      require "std:http" as http;
      require asked;
      require closed;
      print race { http.get("${url}/silent", [:]).status; seq { asked(); 7; } };
      closed();
      print http.get("${url}/fast", [:]).status;`;
    const lines: string[] = [];

    await run(program, {
      grants: [`net:127.0.0.1:${server.port}`],
      functions: { asked: () => asked, closed: () => closed },
      onPrint: (line) => lines.push(line),
    });

    expect(lines).toEqual(["7", "200"]);
  });
});
