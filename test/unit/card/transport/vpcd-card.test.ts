import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { toHex } from "../../../../card/apdu/bytes.ts";
import { CardError } from "../../../../card/errors.ts";
import { serveVpcd } from "../../../../card/transport/vpcd-card.ts";
import type { ServeVpcdEvent } from "../../../../card/transport/vpcd-card.ts";
import { FrameReader } from "../../../../card/transport/vpcd-frames.ts";
import { createBench } from "../../../support/card/virtual.ts";

const SELECT = "000e00a4040008f050494d4442310100";
const LIST_DATABASES = "00058010000000";

const listen = async (port = 0): Promise<Server> => {
  const server = createServer().listen({ port, host: "127.0.0.1" });
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
  });
  return server;
};

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

const dialled = async (server: Server): Promise<Socket> => {
  const [socket] = (await once(server, "connection")) as [Socket];
  onTestFinished(() => {
    socket.destroy();
  });
  return socket;
};

const send = (socket: Socket, hex: string): void => {
  socket.write(Buffer.from(hex, "hex"));
};

const nextFrame = async (socket: Socket): Promise<string> => {
  const reader = new FrameReader();
  for (;;) {
    const [chunk] = (await once(socket, "data")) as [Buffer];
    const [body] = reader.push(chunk);
    if (body) return toHex(body);
  }
};

const serve = (port: number, transport = createBench().transport) => {
  const controller = new AbortController();
  const events: ServeVpcdEvent[] = [];
  const done = serveVpcd(transport, {
    port,
    signal: controller.signal,
    listener: (event) => events.push(event),
  });
  done.catch(() => undefined);
  onTestFinished(() => {
    controller.abort();
  });
  return { controller, events, done };
};

describe("our card in a vpcd reader", () => {
  test("gives its ATR and answers commands; controls get no answer", async () => {
    const server = await listen();
    serve(portOf(server));
    const socket = await dialled(server);
    send(socket, "00010100010200010000010100 0104".replace(" ", ""));
    expect(await nextFrame(socket)).toBe("3b858131fe4580738001807c");
    send(socket, SELECT);
    expect(await nextFrame(socket)).toMatch(/^6f26.*9000$/);
  });

  test.each([
    ["power off and on", "000100000101"],
    ["reset", "000102"],
  ])("%s ends the session", async (_, controls) => {
    const server = await listen();
    serve(portOf(server));
    const socket = await dialled(server);
    send(socket, SELECT);
    await nextFrame(socket);
    send(socket, LIST_DATABASES);
    expect(await nextFrame(socket)).toBe("6982");
    send(socket, controls + LIST_DATABASES);
    expect(await nextFrame(socket)).toBe("6e00");
  });

  test("commands sent at once are answered in order", async () => {
    const server = await listen();
    serve(portOf(server));
    const socket = await dialled(server);
    send(socket, LIST_DATABASES + SELECT + LIST_DATABASES);
    const reader = new FrameReader();
    const answers: string[] = [];
    while (answers.length < 3) {
      const [chunk] = (await once(socket, "data")) as [Buffer];
      answers.push(...reader.push(chunk).map((body) => toHex(body).slice(-4)));
    }
    expect(answers).toEqual(["6e00", "9000", "6982"]);
  });

  test("a reader that goes away is dialled again, and finds no session", async () => {
    const server = await listen();
    const { events } = serve(portOf(server));
    const first = await dialled(server);
    send(first, SELECT);
    await nextFrame(first);
    first.destroy();
    const second = await dialled(server);
    send(second, LIST_DATABASES);
    expect(await nextFrame(second)).toBe("6e00");
    expect(events).toEqual([
      { type: "inserted" },
      { type: "noReader", pauseMs: 100 },
      { type: "inserted" },
    ]);
  });

  test("a reader that is not there is dialled at growing intervals", async () => {
    const gone = await listen();
    const port = portOf(gone);
    gone.close();
    await once(gone, "close");
    const { events } = serve(port);
    await expect.poll(() => events.length, { timeout: 15_000 }).toBeGreaterThan(2);
    expect(events.slice(0, 3)).toEqual(
      [100, 200, 400].map((pauseMs) => ({ type: "noReader", pauseMs })),
    );
    await dialled(await listen(port));
  });

  test("the signal pulls the card", async () => {
    const server = await listen();
    const { controller, done } = serve(portOf(server));
    const socket = await dialled(server);
    const closed = once(socket, "close");
    socket.resume();
    controller.abort();
    await done;
    await closed;
  });

  test("a card that fails ends the service with its error", async () => {
    const server = await listen();
    const broken = new CardError("CARD_READER_LOST", "the card's file failed");
    const transport = { ...createBench().transport, transmit: () => Promise.reject(broken) };
    const { done } = serve(portOf(server), transport);
    send(await dialled(server), SELECT);
    await expect(done).rejects.toBe(broken);
  });
});
