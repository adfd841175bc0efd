import { describe, expect, onTestFinished, test } from "vitest";
import { fromHex, toHex } from "../../../card/apdu/bytes.ts";
import { PimCard } from "../../../card/client/pim-card.ts";
import { AID } from "../../../card/commands/select.ts";
import type { Transport } from "../../../card/transport/transport.ts";
import type { ReaderEvent, Readers, ReaderView } from "../../../card/transport/readers.ts";
import { CONTACTS, login, noObject, peer, text } from "../../support/card/virtual.ts";

/** A transport to a new card (PIN 1234, PUK 12345678) that the suite closes. */
export type CreateTransport = () => Promise<Transport>;

const LOST = { code: "CARD_READER_LOST" };
const GONE = /^CARD_(ABSENT|READER_LOST)$/;
const SELECT = Uint8Array.of(0x00, 0xa4, 0x04, 0x00, AID.length, ...AID, 0x00);
const ASK_TRIES = fromHex("00200081");
const GET_BUILD = fromHex("00cadf2300");
const LIST_DATABASES = fromHex("8010000000");

/** What every way to a card keeps, whatever lies between. @param create as {@link CreateTransport} */
export const describeTransport = (name: string, create: CreateTransport): void => {
  const open = async (): Promise<Transport> => {
    const transport = await create();
    onTestFinished(() => transport.close());
    return transport;
  };

  describe(`${name} keeps the transport's contract`, () => {
    test("answers come in order, one for each command, also to commands that overlap", async () => {
      const transport = await open();
      const commands = [SELECT, ASK_TRIES, LIST_DATABASES, ASK_TRIES, SELECT];
      const answers = await Promise.all(commands.map((command) => transport.transmit(command)));
      const words = answers.map((answer) => toHex(answer.slice(-2)));
      expect(words).toEqual(["9000", "63c3", "6982", "63c3", "9000"]);
    });

    test("commands and answers of full length come through", async () => {
      const transport = await open();
      const card = await login({ transport });
      const content = new Uint8Array(3000).map((_, at) => at);
      const made = await card.create(CONTACTS, content);
      if (made.type !== "written") throw new Error(made.type);
      const [found] = await card.read(CONTACTS, [made.id]);
      expect(found?.content).toEqual(content);
    });

    test("a command that is too short, or none, is refused and harms nothing", async () => {
      const transport = await open();
      await transport.transmit(SELECT);
      const outcome = await transport.transmit(fromHex("801201")).catch((error: unknown) => error);
      if (outcome instanceof Uint8Array) expect(toHex(outcome)).toBe("6700");
      else expect(outcome).toMatchObject({ code: "CARD_MALFORMED" });
      expect(toHex(await transport.transmit(ASK_TRIES))).toBe("63c3");
    });

    test("reset loses the PIN and the open sync, and keeps what was written", async () => {
      const transport = await open();
      const card = await login({ transport });
      const made = await card.create(CONTACTS, text("kept"));
      const { proposed } = await card.startSync(CONTACTS, peer(1), { mayEvict: false });
      await transport.reset();
      expect(toHex(await transport.transmit(LIST_DATABASES))).toBe("6e00");
      const again = await PimCard.open(transport);
      await expect(again.databases()).rejects.toMatchObject({ code: "CARD_PIN" });
      await again.verify("1234");
      expect(await again.commitSync(CONTACTS, proposed)).toEqual({ type: "mismatch" });
      if (made.type !== "written") throw new Error(made.type);
      expect(await again.read(CONTACTS, [made.id])).toHaveLength(1);
    });

    test("it may be closed twice, and is lost after that", async () => {
      const transport = await open();
      await transport.transmit(SELECT);
      await transport.close();
      await transport.close();
      await expect(transport.transmit(SELECT)).rejects.toMatchObject(LOST);
      await expect(transport.reset()).rejects.toMatchObject(LOST);
    });

    test("a signal that is given already: nothing is sent", async () => {
      const transport = await open();
      const reason = new Error("no more");
      const signal = AbortSignal.abort(reason);
      await expect(transport.transmit(SELECT, signal)).rejects.toBe(reason);
      expect(toHex(await transport.transmit(LIST_DATABASES))).toBe("6e00");
    });

    test("a signal in between: the reason or the answer, and the next command gets its own", async () => {
      const transport = await open();
      const reason = new Error("no more");
      const controller = new AbortController();
      const first = transport.transmit(SELECT, controller.signal).then(toHex, (error: unknown) => {
        expect(error).toBe(reason);
      });
      controller.abort(reason);
      const second = transport.transmit(SELECT);
      const third = transport.transmit(ASK_TRIES);
      await first;
      expect(toHex((await second).slice(-2))).toBe("9000");
      expect(toHex(await third)).toBe("63c3");
    });
  });
};

/** Readers with one hand at a card: PIN 1234, PUK 12345678. */
export interface ReadersBench {
  readonly readers: Readers;
  /** The reader into which the card goes; empty at first. */
  readonly reader: string;
  /** What the listener was told so far. */
  readonly events: readonly ReaderEvent[];
  insert(): Promise<void>;
  remove(): Promise<void>;
  /** Also takes the card away. */
  close(): Promise<void>;
}

/** What every place where cards come and go keeps. */
export const describeReaders = (name: string, create: () => Promise<ReadersBench>): void => {
  const open = async (): Promise<ReadersBench> => {
    const bench = await create();
    onTestFinished(() => bench.close());
    await bench.readers.ready;
    return bench;
  };
  const openWithCard = async (): Promise<ReadersBench> => {
    const bench = await open();
    await bench.insert();
    await tells(bench, isInserted(bench));
    return bench;
  };

  describe(`${name} keep the contract of readers`, () => {
    test("connecting an empty reader: CARD_ABSENT", async () => {
      const { readers, reader } = await open();
      await expect(readers.connect(reader)).rejects.toMatchObject({ code: "CARD_ABSENT" });
    });

    test("connecting a reader that there is not fails", async () => {
      const { readers } = await open();
      await expect(readers.connect("no such reader")).rejects.toHaveProperty(
        "code",
        expect.stringMatching(GONE),
      );
    });

    test("a card that is inserted is told of, listed and works", async () => {
      const bench = await openWithCard();
      const { readers, reader } = bench;
      const card = cardIn(bench);
      expect(card?.atr.length).toBeGreaterThan(1);
      const transport = await readers.connect(reader);
      expect(toHex((await transport.transmit(SELECT)).slice(-2))).toBe("9000");
      expect(toHex((await transport.transmit(GET_BUILD)).slice(-2))).toBe("9000");
      await transport.close();
      expect(readers.list()).toEqual(fromEvents(bench.events));
    });

    test("the second connect: CARD_BUSY until the first one is closed, then a new session", async () => {
      const { readers, reader } = await openWithCard();
      const first = await readers.connect(reader);
      await login({ transport: first });
      await expect(readers.connect(reader)).rejects.toMatchObject({ code: "CARD_BUSY" });
      await first.close();
      const second = await readers.connect(reader);
      expect(toHex(await second.transmit(LIST_DATABASES))).toBe("6e00");
      await expect(first.transmit(SELECT)).rejects.toMatchObject(LOST);
    });

    test("a signal that is given already: no connection, and the reader stays free", async () => {
      const { readers, reader } = await openWithCard();
      const reason = new Error("no more");
      const signal = AbortSignal.abort(reason);
      await expect(readers.connect(reader, signal)).rejects.toBe(reason);
      await (await readers.connect(reader)).close();
    });

    test("a card that is pulled is told of, and its transport is of no use any more", async () => {
      const bench = await openWithCard();
      const insertion = cardIn(bench)?.insertion;
      const transport = await bench.readers.connect(bench.reader);
      const card = await login({ transport });
      await bench.remove();
      await tells(bench, (event) => event.type === "cardRemoved" && event.insertion === insertion);
      await expect(transport.transmit(SELECT)).rejects.toHaveProperty(
        "code",
        expect.stringMatching(GONE),
      );
      await expect(card.databases()).rejects.toHaveProperty("code", expect.stringMatching(GONE));
      expect(cardIn(bench)).toBeUndefined();
      expect(bench.readers.list()).toEqual(fromEvents(bench.events));
      await transport.close();
    });

    test("a card pulled amid commands ends them all", async () => {
      const bench = await openWithCard();
      const transport = await bench.readers.connect(bench.reader);
      await transport.transmit(SELECT);
      const commands = Array.from({ length: 50 }, () => transport.transmit(ASK_TRIES));
      const [outcomes] = await Promise.all([Promise.allSettled(commands), bench.remove()]);
      for (const outcome of outcomes) {
        if (outcome.status === "fulfilled") expect(toHex(outcome.value)).toBe("63c3");
        else expect(outcome.reason).toHaveProperty("code", expect.stringMatching(GONE));
      }
    });

    test("a card that comes again has another insertion, no session, and all its records", async () => {
      const bench = await openWithCard();
      const before = cardIn(bench);
      const transport = await bench.readers.connect(bench.reader);
      const made = await (await login({ transport })).create(CONTACTS, text("kept"));
      if (made.type !== "written") throw new Error(made.type);
      await bench.remove();
      await tells(bench, ({ type }) => type === "cardRemoved");
      await bench.insert();
      await tells(bench, isInserted(bench, before?.insertion));
      expect(cardIn(bench)?.insertion).toBeGreaterThan(before?.insertion ?? 0);
      await expect(transport.transmit(SELECT)).rejects.toHaveProperty(
        "code",
        expect.stringMatching(GONE),
      );
      const fresh = await bench.readers.connect(bench.reader);
      expect(toHex(await fresh.transmit(LIST_DATABASES))).toBe("6e00");
      const card = await login({ transport: fresh });
      expect(await card.read(CONTACTS, [made.id])).toHaveLength(1);
      expect(await card.commitSync(CONTACTS, noObject)).toEqual({ type: "mismatch" });
      expect(bench.readers.list()).toEqual(fromEvents(bench.events));
    });

    test("they may be closed twice; transports fail then, and nothing is listed", async () => {
      const { readers, reader } = await openWithCard();
      const transport = await readers.connect(reader);
      await readers.close();
      await readers.close();
      await expect(transport.transmit(SELECT)).rejects.toHaveProperty(
        "code",
        expect.stringMatching(GONE),
      );
      await expect(readers.connect(reader)).rejects.toHaveProperty(
        "code",
        expect.stringMatching(GONE),
      );
      expect(readers.list()).toEqual([]);
      await transport.close();
    });
  });
};

const cardIn = ({ readers, reader }: ReadersBench): ReaderView["card"] =>
  readers.list().find(({ name }) => name === reader)?.card;

const isInserted =
  ({ reader }: ReadersBench, after = 0) =>
  (event: ReaderEvent): boolean =>
    event.type === "cardInserted" && event.reader === reader && event.card.insertion > after;

/** Waits until the listener has been told of something. */
const tells = async (
  { events }: ReadersBench,
  isIt: (event: ReaderEvent) => boolean,
): Promise<void> => {
  await expect.poll(() => events.some(isIt), { timeout: 15_000, interval: 5 }).toBe(true);
};

/** What `list()` must say after these events. */
const fromEvents = (events: readonly ReaderEvent[]): readonly ReaderView[] => {
  const readers = new Map<string, ReaderView>();
  for (const event of events) {
    if (event.type === "offline") readers.clear();
    if (event.type === "readerAdded") readers.set(event.reader, { name: event.reader });
    if (event.type === "readerLost") readers.delete(event.reader);
    if (event.type === "cardRemoved") readers.set(event.reader, { name: event.reader });
    if (event.type === "cardInserted") {
      readers.set(event.reader, { name: event.reader, card: event.card });
    }
  }
  return [...readers.values()];
};
