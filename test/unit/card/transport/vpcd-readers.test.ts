import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { fromHex, toHex } from "../../../../card/apdu/bytes.ts";
import type { ListenVpcdOptions, Transport } from "../../../../card/index.ts";
import { encodeFrame, FrameReader } from "../../../../card/transport/vpcd-frames.ts";
import { createBench } from "../../../support/card/virtual.ts";
import { listenOnFreePort, serveCard } from "../../../support/card/vpcd.ts";
import type { ListeningBench } from "../../../support/card/vpcd.ts";

const ATR = fromHex("3b00");
const COMMAND = fromHex("80100000");

const open = async (options: Partial<ListenVpcdOptions> = {}): Promise<ListeningBench> => {
  const bench = await listenOnFreePort(options);
  onTestFinished(() => bench.readers.close());
  return bench;
};

/** A card that answers commands with what it is told to, or not at all. */
const dialIn = (
  port: number,
  answer: (body: Uint8Array, socket: Socket) => Uint8Array | undefined,
): Socket => {
  const socket = connect({ port, host: "127.0.0.1" });
  const frames = new FrameReader();
  socket.on("error", () => undefined);
  socket.on("data", (chunk: Uint8Array) => {
    for (const body of frames.push(chunk)) {
      const bytes = answer(body, socket);
      if (bytes) socket.write(encodeFrame(bytes));
    }
  });
  onTestFinished(() => {
    socket.destroy();
  });
  return socket;
};

const isAskAtr = (body: Uint8Array): boolean => toHex(body) === "04";

/** A card with an ATR whose commands are answered by `answer`. */
const withAtr =
  (answer: (body: Uint8Array, socket: Socket) => Uint8Array | undefined) =>
  (body: Uint8Array, socket: Socket): Uint8Array | undefined => {
    if (isAskAtr(body)) return ATR;
    return body.length > 1 ? answer(body, socket) : undefined;
  };

const connectTo = async (
  { readers, told }: ListeningBench,
  answer: (body: Uint8Array, socket: Socket) => Uint8Array | undefined,
): Promise<Transport> => {
  dialIn(readers.port, withAtr(answer));
  await told(({ type }) => type === "cardInserted");
  return readers.connect("vpcd:1");
};

describe("our vpcd reader and cards that are not as they should be", () => {
  test("a card that gives no ATR in time is hung up on, and nobody is told", async () => {
    const { readers, events } = await open({ answerTimeoutMs: 20 });
    await once(
      dialIn(readers.port, () => undefined),
      "close",
    );
    expect(events.some(({ type }) => type === "cardInserted")).toBe(false);
  });

  test.each(["3b", "00".repeat(34), ""])("an ATR %j is none", async (atr) => {
    const { readers, events } = await open();
    await once(
      dialIn(readers.port, (body) => (isAskAtr(body) ? fromHex(atr) : undefined)),
      "close",
    );
    expect(events.some(({ type }) => type === "cardInserted")).toBe(false);
  });

  test("a card that does not answer is lost, and its reader is free again", async () => {
    const bench = await open({ answerTimeoutMs: 1000, readerCount: 1 });
    const transport = await connectTo(bench, () => undefined);
    await expect(transport.transmit(COMMAND)).rejects.toMatchObject({ code: "CARD_READER_LOST" });
    await bench.told(({ type }) => type === "cardRemoved");
    await expect(transport.transmit(COMMAND)).rejects.toMatchObject({ code: "CARD_READER_LOST" });
    dialIn(
      bench.readers.port,
      withAtr(() => undefined),
    );
    await bench.told((event) => event.type === "cardInserted" && event.card.insertion === 2);
  });

  test("a card that answers unasked is hung up on", async () => {
    const bench = await open();
    const transport = await connectTo(bench, (_, socket) => {
      socket.write(Buffer.concat([encodeFrame(fromHex("9000")), encodeFrame(fromHex("9000"))]));
      return undefined;
    });
    expect(toHex(await transport.transmit(COMMAND))).toBe("9000");
    await bench.told(({ type }) => type === "cardRemoved");
    await expect(transport.transmit(COMMAND)).rejects.toMatchObject({ code: "CARD_ABSENT" });
  });

  test("answers of 258 bytes pass, longer ones are an error, and the next answer is right", async () => {
    const bench = await open();
    let length = 258;
    const transport = await connectTo(bench, () => new Uint8Array(length));
    expect(await transport.transmit(COMMAND)).toHaveLength(258);
    for (length of [259, 65535]) {
      await expect(transport.transmit(COMMAND)).rejects.toMatchObject({ code: "CARD_MALFORMED" });
    }
    length = 2;
    expect(await transport.transmit(COMMAND)).toHaveLength(2);
  });

  test("commands that the protocol cannot carry are not sent", async () => {
    const bench = await open();
    const transport = await connectTo(bench, () => fromHex("9000"));
    for (const bytes of [0, 1, 65536]) {
      await expect(transport.transmit(new Uint8Array(bytes))).rejects.toMatchObject({
        code: "CARD_MALFORMED",
      });
    }
    expect(toHex(await transport.transmit(COMMAND))).toBe("9000");
  });

  test("a command given up after it was sent keeps its answer from the next one", async () => {
    const bench = await open();
    const held: Socket[] = [];
    const transport = await connectTo(bench, (body, socket) => {
      if (body.length > 4) return fromHex("6a86");
      held.push(socket);
      return undefined;
    });
    const controller = new AbortController();
    const first = transport.transmit(COMMAND, controller.signal);
    await expect.poll(() => held.length, { timeout: 15_000 }).toBe(1);
    const reason = new Error("no more");
    controller.abort(reason);
    await expect(first).rejects.toBe(reason);
    const second = transport.transmit(fromHex("8010000000"));
    held[0]?.write(encodeFrame(fromHex("9000")));
    expect(toHex(await second)).toBe("6a86");
  });

  test("more cards than readers: the last one is hung up on", async () => {
    const { readers, told } = await open({ readerCount: 2 });
    const answer = withAtr(() => undefined);
    for (const insertion of [1, 2]) {
      dialIn(readers.port, answer);
      await told((event) => event.type === "cardInserted" && event.card.insertion === insertion);
    }
    await once(dialIn(readers.port, answer), "close");
    expect(readers.list().map(({ name, card }) => [name, card?.insertion])).toEqual([
      ["vpcd:1", 1],
      ["vpcd:2", 2],
    ]);
  });
});

describe("several cards at once", () => {
  test("each has its own reader and its own session", async () => {
    const { readers, told } = await open();
    const cards = [createBench().transport, createBench().transport];
    const served = cards.map((card) => serveCard(card, readers.port));
    for (const insertion of [1, 2]) {
      await told((event) => event.type === "cardInserted" && event.card.insertion === insertion);
    }
    const transports = await Promise.all(["vpcd:1", "vpcd:2"].map((name) => readers.connect(name)));
    const [first, second] = transports as [Transport, Transport];
    await first.transmit(fromHex("00a4040008f050494d4442310100"));
    expect(toHex(await first.transmit(COMMAND))).toBe("6982");
    expect(toHex(await second.transmit(COMMAND))).toBe("6e00");
    await Promise.all(served.map((card) => card.remove()));
  });

  test("a port that is taken: CARD_BUSY", async () => {
    const { readers } = await open();
    await expect(listenOnFreePort({ port: readers.port })).rejects.toMatchObject({
      code: "CARD_BUSY",
    });
  });
});
