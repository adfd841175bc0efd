import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../../../card/apdu/bytes.ts";
import { Exchange } from "../../../../card/client/exchange.ts";
import type { Transport } from "../../../../card/transport/transport.ts";

/** A transport that gives these answers, the last one for ever, and keeps what it was sent. */
const scripted = (...answers: readonly string[]) => {
  const sent: string[] = [];
  const transport: Transport = {
    transmit: (command) => {
      sent.push(toHex(command));
      return Promise.resolve(fromHex(answers[Math.min(sent.length, answers.length) - 1] ?? ""));
    },
    reset: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  return { exchange: new Exchange(transport), sent };
};

const data = fromHex("0011");

describe("status words of the transport", () => {
  test("61XX: the rest is fetched, and put together", async () => {
    const { exchange, sent } = scripted("6102", "aa6101", "bb9000");
    expect(await exchange.send("listDatabases")).toEqual({ data: fromHex("aabb"), sw: 0x9000 });
    expect(sent).toEqual(["8010000000", "00c0000002", "00c0000001"]);
  });

  test("6100 asks for 256 bytes", async () => {
    const { exchange, sent } = scripted("6100", `${"aa".repeat(256)}9000`);
    expect((await exchange.send("listDatabases")).data).toHaveLength(256);
    expect(sent[1]).toBe("00c0000000");
  });

  test("6CXX: the same command again with that Le; also for GET RESPONSE", async () => {
    const { exchange, sent } = scripted("6c03", "6105", "6c01", "aa9000");
    expect(await exchange.send("listDatabases")).toEqual({ data: fromHex("aa"), sw: 0x9000 });
    expect(sent).toEqual(["8010000000", "8010000003", "00c0000005", "00c0000001"]);
  });

  test.each(["9100", "910f"])("%s is a success, with its data", async (sw) => {
    const { exchange } = scripted(`aa${sw}`);
    expect(await exchange.sendOk("listDatabases")).toEqual({ data: fromHex("aa"), sw: 0x9000 });
  });

  test("91XX within a chain goes on with it", async () => {
    const { exchange, sent } = scripted("9110", "aa9110");
    const answer = await exchange.sendChain("create", { p1: 1, p2: 0, data }, 1);
    expect(answer).toEqual({ data: fromHex("aa"), sw: 0x9000 });
    expect(sent).toEqual(["901801000100", "80180100011100"]);
  });

  test("61XX on a segment is fetched before the next one", async () => {
    const { exchange, sent } = scripted("6100", "9000");
    await exchange.sendChain("create", { p1: 1, p2: 0, data }, 1);
    expect(sent).toEqual(["901801000100", "00c0000000", "80180100011100"]);
  });

  test("a segment that is refused ends the chain", async () => {
    const { exchange, sent } = scripted("6a84");
    expect((await exchange.sendChain("create", { p1: 1, p2: 0, data }, 1)).sw).toBe(0x6a84);
    expect(sent).toHaveLength(1);
  });
});

describe("an answer has an end", () => {
  test.each([
    ["61XX with data", "aa6101"],
    ["61XX without", "6101"],
    ["6CXX", "6c01"],
  ])("%s for ever", async (_, answer) => {
    const { exchange, sent } = scripted(answer);
    await expect(exchange.send("listDatabases")).rejects.toMatchObject({ code: "CARD_MALFORMED" });
    expect(sent.length).toBeLessThanOrEqual(16);
  });

  test("more than 256 bytes, at once or in parts", async () => {
    for (const answer of [`${"aa".repeat(257)}9000`, `${"aa".repeat(200)}6101`]) {
      const { exchange } = scripted(answer);
      await expect(exchange.send("listDatabases")).rejects.toMatchObject({
        code: "CARD_MALFORMED",
      });
    }
  });

  test("a signal ends it in between", async () => {
    const reason = new Error("no more");
    const controller = new AbortController();
    let turns = 0;
    const exchange = new Exchange({
      transmit: (_, signal) => {
        signal?.throwIfAborted();
        if (++turns === 2) controller.abort(reason);
        return Promise.resolve(fromHex("6101"));
      },
      reset: () => Promise.resolve(),
      close: () => Promise.resolve(),
    });
    await expect(exchange.send("listDatabases", {}, controller.signal)).rejects.toBe(reason);
    expect(turns).toBe(2);
  });
});
