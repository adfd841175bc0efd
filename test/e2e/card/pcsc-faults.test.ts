import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { PimCard } from "../../../card/index.ts";
import type { PcscOptions, Readers, Transport } from "../../../card/index.ts";
import { SELECT } from "../../support/card/select.ts";
import { lacksPcsc, missingPcsc, type Pcscd, startPcscd } from "../../support/card/pcscd.ts";
import type { ReaderLog } from "../../support/card/reader-log.ts";
import { CONTACTS, createBench, login, text } from "../../support/card/virtual.ts";
import { VpcdCard } from "../../support/card/vpcd-card.ts";
import { isAlive, openReaders, pcscChildrenOf } from "../support/pcsc-readers.ts";
import { runProcess } from "../support/run-process.ts";

const CREATE = 0x18;
const OTHER_ATR = Uint8Array.of(0x3b, 0x81, 0x80, 0x01, 0x31, 0x31);
const GONE = expect.stringMatching(/^CARD_(ABSENT|READER_LOST)$/) as string;
const FAST = { backOff: { firstMs: 50, maxMs: 400 }, watchMs: 100 };

let pcscd: Pcscd;
let readers: Readers;
let log: ReaderLog;
let cards: VpcdCard[];

const open = (options: Partial<PcscOptions> = {}): void => {
  ({ readers, log } = openReaders(pcscd, { ...FAST, ...options }));
};

const newCard = (atr?: Uint8Array): VpcdCard => {
  const card = new VpcdCard(createBench().transport, atr);
  cards.push(card);
  return card;
};

const port = (slot: number): number => pcscd.ports[slot] ?? 0;
const reader = (slot: number): string => pcscd.readers[slot] ?? "";

/** A new card in the slot. */
const insertCard = async (slot = 0): Promise<VpcdCard> => {
  const card = newCard();
  card.insert(port(slot));
  await log.until(() => isIn(slot));
  return card;
};

const isIn = (slot: number): boolean =>
  readers.list().find(({ name }) => name === reader(slot))?.card !== undefined;

const connect = (slot = 0): Promise<Transport> => readers.connect(reader(slot));

/**
 * Connects the card of the n-th insertion; of a later one where pcscd had not noticed yet that the card was gone, and
 * so took it for inserted.
 */
const connectAgain = async (count: number): Promise<Transport> => {
  await log.inserted(reader(0), count);
  return connect().catch((error: unknown) => {
    expect(error).toMatchObject({ code: GONE });
    return connectAgain(count + 1);
  });
};

/** Connects the card as soon as pcscd has noticed that who had it is dead. */
const connectWhenFree = (): Promise<Transport> =>
  connect().catch((error: unknown) => {
    expect(error).toMatchObject({ code: "CARD_BUSY" });
    return connectWhenFree();
  });

/** Whether another program cannot have the card. */
const isTakenFromOthers = async (slot: number): Promise<boolean> => {
  const args = [
    `PCSCLITE_CSOCK_NAME=${pcscd.socketPath}`,
    "opensc-tool",
    "-r",
    String(slot),
    "-s",
    "00A40400",
  ];
  const { code } = await runProcess("env", args);
  return code !== 0;
};

const title = ["PC/SC with pcscd and vpcd", ...missingPcsc()].join(", no ");

describe.skipIf(lacksPcsc)(title, () => {
  beforeEach(async () => {
    cards = [];
    pcscd = await startPcscd({ slots: 2 });
    open();
    await readers.ready;
  });

  afterEach(async () => {
    await readers.close();
    await Promise.all(cards.map((card) => card.remove()));
    await pcscd.stop();
  });

  describe("cards come and go", () => {
    test("each insertion has a number of its own", async () => {
      const card = await insertCard();
      expect(await log.inserted(reader(0))).toMatchObject({ insertion: 1 });
      await card.remove();
      await log.seen("cardRemoved");
      card.insert(port(0));
      expect(await log.inserted(reader(0), 2)).toMatchObject({ insertion: 2 });
      expect(log.events.filter(({ type }) => type !== "cardInserted")).toEqual([
        { type: "online" },
        { type: "readerAdded", reader: reader(0) },
        { type: "readerAdded", reader: reader(1) },
        { type: "cardRemoved", reader: reader(0), insertion: 1 },
      ]);
    });

    test("a card that was in before is found", async () => {
      await insertCard(1);
      const second = openReaders(pcscd);
      await second.readers.ready;
      expect(second.readers.list()).toMatchObject([
        { name: reader(0) },
        { name: reader(1), card: { insertion: 1 } },
      ]);
      await second.readers.close();
    });

    test("without any reader all is well", async () => {
      const bare = await startPcscd({ slots: 0 });
      const second = openReaders(bare);
      await second.readers.ready;
      expect(second.log.events).toEqual([{ type: "online" }]);
      expect(second.readers.list()).toEqual([]);
      await second.readers.close();
      await bare.stop();
    });

    test("another card in its place is another insertion, and the old connection is of no use", async () => {
      const card = await insertCard();
      const transport = await connect();
      await card.remove();
      const other = newCard(OTHER_ATR);
      await log.seen("cardRemoved");
      other.insert(port(0));
      const { insertion, atr } = await log.inserted(reader(0), 2);
      expect(insertion).toBe(2);
      expect([...atr]).toEqual([...OTHER_ATR]);
      await expect(transport.transmit(SELECT)).rejects.toMatchObject({ code: "CARD_ABSENT" });
      await login({ transport: await connect() });
    });

    test("a swap too quick for pcscd begins a new stay with the next command", async () => {
      const card = await insertCard();
      const transport = await connect();
      await card.remove();
      newCard(OTHER_ATR).insert(port(0));
      await expect(transport.transmit(SELECT)).rejects.toMatchObject({ code: GONE });
      await login({ transport: await connectAgain(2) });
    });

    test("two cards in two readers work at once, each for itself", async () => {
      await Promise.all([insertCard(0), insertCard(1)]);
      const write = async (slot: number): Promise<readonly string[]> => {
        const card = await login({ transport: await connect(slot) });
        const ids = [];
        for (let n = 0; n < 20; n++) {
          const made = await card.create(CONTACTS, text(`${String(n)} in ${reader(slot)}`));
          if (made.type === "written") ids.push(made.id);
        }
        const read = await card.read(CONTACTS, ids);
        return read.map(({ content }) => new TextDecoder().decode(content));
      };
      const [first, second] = await Promise.all([write(0), write(1)]);
      expect(first).toEqual(first.map((_, n) => `${String(n)} in ${reader(0)}`));
      expect(second).toEqual(second.map((_, n) => `${String(n)} in ${reader(1)}`));
      expect([first.length, second.length]).toEqual([20, 20]);
    });

    test("a card that nobody has used for so long that pcscd took its power works", async () => {
      await insertCard();
      await (await connect()).close();
      await new Promise((done) => setTimeout(done, 6_500));
      expect(log.count("cardInserted")).toBe(1);
      await login({ transport: await connect() });
    });
  });

  describe("a card is pulled", () => {
    const pulledAt = async (pull: (card: VpcdCard) => Promise<void> | undefined): Promise<void> => {
      const card = await insertCard();
      const client = await login({ transport: await connect() });
      await client.create(CONTACTS, text("before"));
      await pull(card);
      const fails = expect(client.create(CONTACTS, text("lost"))).rejects;
      await fails.toMatchObject({ code: GONE, retryable: true });
      await log.until(() => !isIn(0));
      card.mischief = () => undefined;
      card.insert(port(0));
      const again = await login({ transport: await connectAgain(2) });
      expect((await again.databases())[0]?.live).toBe(1);
    };

    test("between two commands", () => pulledAt((card) => card.remove()));

    test("after it has got a command, before it answers", () =>
      pulledAt((card) => {
        card.mischief = (command) => (command[1] === CREATE ? "pull" : undefined);
        return undefined;
      }));
  });

  describe("the daemon goes away", () => {
    test.each(["SIGKILL", "SIGTERM"] as const)(
      "by %s in the middle, and comes again: the card is found again and works",
      async (signal) => {
        const card = await insertCard();
        const transport = await connect();
        const client = await login({ transport });
        card.mischief = (command) => {
          if (command[1] === CREATE) void pcscd.kill(signal);
          return command[1] === CREATE ? "hang" : undefined;
        };
        await expect(client.create(CONTACTS, text("lost"))).rejects.toMatchObject({ code: GONE });
        await log.seen("offline");
        expect(readers.list()).toEqual([]);
        await expect(connect()).rejects.toMatchObject({ code: "CARD_READER_LOST" });
        card.mischief = () => undefined;
        await card.remove();
        await pcscd.start();
        card.insert(port(0));
        await log.seen("online", 2);
        await log.inserted(reader(0), 2);
        await expect(transport.transmit(SELECT)).rejects.toMatchObject({ code: GONE });
        const again = await login({ transport: await connect() });
        expect((await again.databases())[0]?.live).toBe(0);
      },
    );

    test("again and again", async () => {
      await insertCard();
      for (let round = 1; round <= 3; round++) {
        await pcscd.restart();
        await log.inserted(reader(0), round + 1);
        await login({ transport: await connect() });
      }
    });

    test("it is absent at the start and started later", async () => {
      await readers.close();
      await pcscd.kill();
      open();
      await readers.ready;
      expect(log.types).toEqual(["offline"]);
      await pcscd.start();
      await insertCard();
      await login({ transport: await connect() });
    });

    test("it stands still: commands fail after a while, and all is well when it goes on", async () => {
      await readers.close();
      open({ answerMs: 2_000 });
      await insertCard();
      const transport = await connect();
      pcscd.pause(true);
      await expect(transport.transmit(SELECT)).rejects.toMatchObject({ code: "CARD_READER_LOST" });
      await log.seen("offline");
      pcscd.pause(false);
      await log.inserted(reader(0), 2);
      await login({ transport: await connect() });
    });
  });

  describe("another program", () => {
    test("has the card: CARD_BUSY, and it works when it is let go", async () => {
      await insertCard();
      const other = openReaders(pcscd);
      await other.log.inserted(reader(0));
      const theirs = await other.readers.connect(reader(0));
      const client = await login({ transport: theirs });
      await client.create(CONTACTS, text("theirs"));
      await expect(connect()).rejects.toMatchObject({ code: "CARD_BUSY", retryable: true });
      await theirs.close();
      const ours = await PimCard.open(await connect());
      await expect(ours.databases()).rejects.toMatchObject({ code: "CARD_PIN" });
      await other.readers.close();
    });

    test("dies while it has the card: it is ours, and the PIN is to be given", async () => {
      await insertCard();
      const own = pcscChildrenOf(process.pid);
      const other = openReaders(pcscd);
      await other.log.inserted(reader(0));
      const [theirs = 0] = pcscChildrenOf(process.pid).filter((pid) => !own.includes(pid));
      await login({ transport: await other.readers.connect(reader(0)) });
      process.kill(theirs, "SIGKILL");
      await other.log.seen("offline");
      const ours = await PimCard.open(await connectWhenFree());
      await expect(ours.databases()).rejects.toMatchObject({ code: "CARD_PIN" });
      await other.readers.close();
    });

    test("cannot come in between while we have it, and can afterwards", async () => {
      await insertCard();
      const transport = await connect();
      await transport.transmit(SELECT);
      expect(await isTakenFromOthers(0)).toBe(true);
      await transport.close();
      expect(await isTakenFromOthers(0)).toBe(false);
      expect(log.count("cardRemoved")).toBe(0);
    });
  });

  describe("the process that owns PC/SC", () => {
    const child = (): number => pcscChildrenOf(process.pid)[0] ?? 0;

    test("is killed: the card is found again and works", async () => {
      await insertCard();
      const transport = await connect();
      const killed = child();
      process.kill(killed, "SIGKILL");
      await log.inserted(reader(0), 2);
      await expect(transport.transmit(SELECT)).rejects.toMatchObject({
        code: "CARD_READER_LOST",
      });
      await login({ transport: await connect() });
      expect(child()).not.toBe(killed);
    });

    test("stands still: it is replaced", async () => {
      await readers.close();
      open({ answerMs: 2_000 });
      await insertCard();
      const stopped = child();
      process.kill(stopped, "SIGSTOP");
      await log.inserted(reader(0), 2);
      await login({ transport: await connect() });
      expect(isAlive(stopped)).toBe(false);
    });

    test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("minds no %s", async (signal) => {
      await insertCard();
      const transport = await connect();
      process.kill(child(), signal);
      await login({ transport });
      expect(log.count("offline")).toBe(0);
    });

    test("waits for a card that does not answer, but not for ever", async () => {
      await readers.close();
      open({ answerMs: 2_000 });
      const [hanging] = await Promise.all([insertCard(0), insertCard(1)]);
      const [transport, other] = await Promise.all([connect(0), connect(1)]);
      hanging.mischief = () => "hang";
      const lost = expect(transport.transmit(SELECT)).rejects.toMatchObject({
        code: "CARD_READER_LOST",
      });
      await login({ transport: other });
      await lost;
      await hanging.remove();
      await log.inserted(reader(1), 2);
      await login({ transport: await connect(1) });
    });

    test("is gone after closing, also in the middle of a command", async () => {
      const card = await insertCard();
      const transport = await connect();
      const pid = child();
      card.mischief = () => "hang";
      const lost = expect(transport.transmit(SELECT)).rejects.toMatchObject({
        code: "CARD_READER_LOST",
      });
      await readers.close();
      await lost;
      expect(isAlive(pid)).toBe(false);
    });

    test("does not outlive a service that is killed", async () => {
      await insertCard();
      const script = resolve(import.meta.dirname, "../support/hold-card.ts");
      const service = spawn(process.execPath, ["--import", "tsx", script, reader(0)], {
        env: { ...process.env, ...pcscd.env },
        stdio: ["ignore", "pipe", "inherit"],
      });
      await new Promise((done) => service.stdout.once("data", done));
      const [pid = 0] = pcscChildrenOf(service.pid ?? 0);
      expect(isAlive(pid)).toBe(true);
      await expect(connect()).rejects.toMatchObject({ code: "CARD_BUSY" });
      service.kill("SIGKILL");
      await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false);
      const ours = await PimCard.open(await connectWhenFree());
      await expect(ours.databases()).rejects.toMatchObject({ code: "CARD_PIN" });
    });
  });
});
