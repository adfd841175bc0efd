import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { concatBytes, fromHex, toHex } from "../../../card/apdu/bytes.ts";
import { CardError } from "../../../card/errors.ts";
import { serveVpcd } from "../../../card/transport/vpcd-card.ts";
import { encodeFrame, FrameReader } from "../../../card/transport/vpcd-frames.ts";
import { createBench } from "../../support/card/virtual.ts";
import { listenOnFreePort, serveCard } from "../../support/card/vpcd.ts";

const SELECT = fromHex("00a4040008f050494d4442310100");

/** Frames, bare bytes, or the beginning of a long frame. */
const chunk = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map(encodeFrame),
  fc.uint8Array({ minLength: 1, maxLength: 40 }),
  fc.constantFrom(fromHex("0000"), fromHex("ffff"), encodeFrame(new Uint8Array(65_535))),
);

test("whatever a card sends to our reader, callers get an answer or a CardError, and other cards work", async () => {
  const answers = fc.array(chunk, { minLength: 1, maxLength: 6 });
  const { readers, told } = await listenOnFreePort({ answerTimeoutMs: 30 });
  let insertion = 0;
  await fc.assert(
    fc.asyncProperty(answers, fc.boolean(), async (script, givesAtr) => {
      const socket = connect({ port: readers.port, host: "127.0.0.1" });
      socket.on("error", () => undefined);
      let turn = 0;
      socket.on("data", () => {
        const isAtr = givesAtr && turn === 0;
        socket.write(
          isAtr ? encodeFrame(fromHex("3b00")) : (script[turn % script.length] ?? SELECT),
        );
        turn++;
      });
      const gone = once(socket, "close");
      await Promise.race([
        gone,
        told((event) => event.type === "cardInserted" && event.card.insertion > insertion),
      ]);
      const here = readers.list().find(({ card }) => card !== undefined);
      insertion = here?.card?.insertion ?? insertion;
      if (here) await useCard(here.name);
      socket.destroy();
      await gone;
    }),
    { numRuns: 60 },
  );
  await expect
    .poll(() => readers.list().every(({ card }) => !card), { timeout: 15_000 })
    .toBe(true);
  const served = serveCard(createBench().transport, readers.port);
  // A busy machine may take longer than the short time that cards have here, so a card may need to come again.
  await expect.poll(selectAnything, { timeout: 15_000 }).toBe("9000");
  await served.remove();
  await readers.close();

  async function selectAnything(): Promise<string> {
    const name = readers.list().find(({ card }) => card)?.name ?? "none";
    const transport = await readers.connect(name).catch(() => undefined);
    const answer = await transport?.transmit(SELECT).catch(() => undefined);
    await transport?.close();
    return toHex(answer?.slice(-2) ?? new Uint8Array());
  }

  async function useCard(name: string): Promise<void> {
    try {
      const transport = await readers.connect(name);
      for (let n = 0; n < 4; n++) {
        expect((await transport.transmit(SELECT)).length).toBeLessThanOrEqual(258);
      }
      await transport.reset();
    } catch (error) {
      expect(error).toBeInstanceOf(CardError);
    }
  }
});

test("whatever a reader sends to our card, each command is answered once and no control is", async () => {
  const bodies = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 });
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const controller = new AbortController();
  const { port } = server.address() as AddressInfo;
  const { transport } = createBench({ sizeKb: 16 });
  const served = serveVpcd(transport, { port, signal: controller.signal });
  const [socket] = (await once(server, "connection")) as [Socket];
  const frames = new FrameReader();
  const answers: Uint8Array[] = [];
  socket.on("data", (bytes: Uint8Array) => answers.push(...frames.push(bytes)));
  await fc.assert(
    fc.asyncProperty(bodies, async (drawn) => {
      answers.length = 0;
      const expected = drawn.filter((body) => body.length > 1 || body[0] === 4).length;
      // The last command tells when all before it have been done.
      socket.write(concatBytes(...[...drawn, SELECT].map(encodeFrame)));
      await expect
        .poll(() => answers.length, { interval: 1, timeout: 15_000 })
        .toBeGreaterThan(expected);
      expect(answers).toHaveLength(expected + 1);
      expect(toHex(answers.at(-1)?.slice(-2) ?? SELECT)).toBe("9000");
    }),
    { numRuns: 60 },
  );
  controller.abort();
  await served;
  server.close();
});
