import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  CardError,
  listenVpcd,
  PimCard,
  type ReaderListener,
  type Transport,
  type VpcdReaders,
} from "../../../../card/index.ts";
import { CardShelf } from "../../../../src/bridge/card-shelf.ts";
import { CardKeeper } from "../../../../src/cards/card-keeper.ts";
import { type ConfiguredPin, PinBook } from "../../../../src/cards/pin-book.ts";
import { createBench, PIN, PUK } from "../../../support/card/virtual.ts";
import { serveCard, type ServedCard } from "../../../support/card/vpcd.ts";

let readers: VpcdReaders | undefined;
let keeper: CardKeeper;
let shelf: CardShelf;
let served: ServedCard[];
let logged: string[];
let tell: ReaderListener;

/** Cards dial our own reader: insertions and removals are real, without PC/SC. */
async function start(pins: readonly ConfiguredPin[] = [{ pin: PIN }]): Promise<void> {
  shelf = new CardShelf({
    cardOf: () => Promise.resolve(undefined),
    isBoundToOther: () => Promise.resolve(false),
  });
  const log = pino({ level: "debug" }, { write: (line: string) => logged.push(line) });
  const open = async (listener: ReaderListener): Promise<VpcdReaders> => {
    tell = listener;
    return (readers = await listenVpcd({ port: 0, listener }));
  };
  const source = { kind: "vpcd" as const, pins: new PinBook(pins), open };
  keeper = new CardKeeper({ shelf, log, sources: [source] });
  await keeper.start();
}

beforeEach(() => {
  served = [];
  logged = [];
});
afterEach(async () => {
  await Promise.all(served.map((card) => card.remove()));
  await keeper.close();
});

function insert(transport: Transport = createBench().transport): ServedCard {
  const card = serveCard(transport, readers?.port ?? 0);
  served.push(card);
  return card;
}

const state = (reader = "vpcd:1"): string =>
  keeper.list().find((place) => place.reader === reader)?.slot?.type ?? "empty";

const until = (wanted: string, reader?: string): Promise<void> =>
  vi.waitFor(() => {
    expect(state(reader)).toBe(wanted);
  });

describe("cards in readers", () => {
  it("are on the shelf from the moment they come until they go", async () => {
    await start();
    const card = insert();
    await until("open");
    const [held] = shelf.list();
    expect(held?.label).toBe("");
    expect(held && keeper.placeOf(held)).toMatchObject({ kind: "vpcd", reader: "vpcd:1" });
    await card.remove();
    await until("empty");
    expect(shelf.list()).toEqual([]);
    await expect(held?.run((each) => each.peers())).rejects.toMatchObject({ code: "CARD_ABSENT" });
  });

  it("may be several at once, and go one by one", async () => {
    await start();
    const first = insert();
    await until("open", "vpcd:1");
    insert(createBench({ uuid: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) }).transport);
    await until("open", "vpcd:2");
    expect(shelf.list().map(({ uuid }) => uuid)).toContain("0102030405060708");
    await first.remove();
    await until("empty", "vpcd:1");
    expect(shelf.list().map(({ uuid }) => uuid)).toEqual(["0102030405060708"]);
  });

  it("all go when the way to the readers breaks off", async () => {
    await start();
    insert();
    await until("open");
    tell({ type: "offline", reason: "no daemon" });
    expect(keeper.offline()).toEqual([{ kind: "vpcd", reason: "no daemon" }]);
    await vi.waitFor(() => {
      expect(shelf.list()).toEqual([]);
    });
  });

  it("are opened again after a reset that PC/SC told of", async () => {
    await start();
    insert();
    await until("open");
    tell({ type: "cardReset", reader: "vpcd:1", insertion: 1 });
    expect(await shelf.list()[0]?.run((card) => card.peers())).toEqual([]);
  });

  it("that another program has are tried again until it lets go", async () => {
    await start();
    const card = insert();
    await until("open");
    await card.remove();
    await until("empty");
    const busy = vi
      .spyOn(readers ?? ({} as VpcdReaders), "connect")
      .mockRejectedValueOnce(new CardError("CARD_BUSY", "in use"));
    insert();
    await until("busy");
    await vi.waitFor(() => {
      expect(state()).toBe("open");
    }, 5_000);
    expect(busy).toHaveBeenCalledTimes(2);
  });

  it("that were busy twice are opened once, and leave nothing behind", async () => {
    await start();
    const inUse = new CardError("CARD_BUSY", "in use");
    vi.spyOn(readers ?? ({} as VpcdReaders), "connect")
      .mockRejectedValueOnce(inUse)
      .mockRejectedValueOnce(inUse);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const card = insert();
    await until("busy");
    expect(await keeper.unlock(undefined, PIN, 2)).toMatchObject({ type: "busy" });
    await vi.advanceTimersByTimeAsync(2_500);
    vi.useRealTimers();
    await until("open");
    await keeper.settled();
    expect(shelf.list()).toHaveLength(1);
    await card.remove();
    await until("empty");
    expect(shelf.list()).toEqual([]);
  });

  it("without our applet are left alone", async () => {
    await start();
    insert({
      transmit: () => Promise.resolve(Uint8Array.of(0x6a, 0x82)),
      reset: () => Promise.resolve(),
      close: () => Promise.resolve(),
    });
    await until("foreign");
    expect(shelf.list()).toEqual([]);
  });
});

describe("the PIN of a card", () => {
  it("is asked for where none is known; the right one opens it and is kept for the next time", async () => {
    await start([]);
    const bench = createBench();
    const card = insert(bench.transport);
    await until("locked");
    expect(await keeper.unlock(undefined, "9999", 2)).toMatchObject({ triesLeft: 2 });
    expect(await keeper.unlock("vpcd", PIN, 2)).toMatchObject({ type: "open" });
    await card.remove();
    await until("empty");
    insert(bench.transport);
    await until("open");
    expect(logged.join("")).not.toContain(PIN);
  });

  it("that is wrong is tried once by the service, whatever reader the card comes to", async () => {
    await start([{ pin: "9999" }]);
    const bench = createBench();
    for (let stay = 0; stay < 3; stay += 1) {
      const card = insert(bench.transport);
      await until("locked");
      expect(keeper.list()[0]?.slot).toMatchObject({ triesLeft: 2 });
      await card.remove();
      await until("empty");
    }
  });

  it("keeps its last try for a person who insists", async () => {
    await start([]);
    insert();
    await until("locked");
    for (const wrong of ["9998", "9999"]) await keeper.unlock(undefined, wrong, 2);
    expect(await keeper.unlock(undefined, PIN, 2)).toMatchObject({ type: "locked", triesLeft: 1 });
    expect(await keeper.unlock(undefined, PIN, 1)).toMatchObject({ type: "open" });
  });

  it("that is blocked is unblocked by the PUK, without the card being open", async () => {
    await start([]);
    insert();
    await until("locked");
    for (let tries = 3; tries > 0; tries -= 1) await keeper.unlock(undefined, "9999", 1);
    expect(state()).toBe("blocked");
    const unblocked = await keeper.withSecrets(undefined, async (card) => {
      await card.unblockPin(PUK, "4711");
      return { pin: "4711" };
    });
    expect(unblocked.type).toBe("open");
  });

  it("that was wrong leaves a card of which the tries that are left are known", async () => {
    await start([]);
    insert();
    await until("locked");
    const wrong = keeper.withSecrets(undefined, async (card) => {
      await card.changePin("9999", "4711");
      throw new Error("wrong");
    });
    await expect(wrong).rejects.toThrow("wrong");
    expect(keeper.list()[0]?.slot).toMatchObject({ type: "locked", triesLeft: 2 });
  });

  it("gets its tries back at once where a person mistyped it on an open card", async () => {
    await start();
    const bench = createBench();
    const card = insert(bench.transport);
    await until("open");
    await keeper.withSecrets(undefined, async (each) => {
      expect(await each.changePin("9999", "4711")).toMatchObject({ type: "wrong", triesLeft: 2 });
      return {};
    });
    await card.remove();
    await until("empty");
    expect((await PimCard.open(bench.transport)).info.pinState.triesLeft).toBe(3);
  });

  it("that others have changed locks the card for the service, until a person gives it", async () => {
    await start();
    const bench = createBench();
    insert(bench.transport);
    await until("open");
    const [held] = shelf.list();
    const other = await PimCard.open(bench.transport);
    await other.changePin(PIN, "4711");
    await held?.forgetSession();
    await expect(held?.run((each) => each.peers())).rejects.toMatchObject({ code: "CARD_PIN" });
    expect(keeper.list()[0]?.slot).toEqual({ type: "locked", triesLeft: 2, wasWrong: true });
    expect(shelf.list()).toEqual([]);
    expect(await keeper.unlock(undefined, "4711", 2)).toMatchObject({ type: "open" });
    expect(shelf.list()).toHaveLength(1);
  });

  it("of a new card is set before anything else, and nothing is tried by the service", async () => {
    await start([{ pin: "9999" }]);
    insert(createBench({ isTransportPin: true }).transport);
    await until("transportPin");
    const set = await keeper.withSecrets(undefined, async (card) => {
      await card.changePin(PIN, "4711");
      return { pin: "4711" };
    });
    expect(set.type).toBe("open");
    const [held] = shelf.list();
    const [first] = held?.databases ?? [];
    const write = held?.run((card) =>
      first === undefined ? Promise.reject(new Error()) : card.putLabel(first.id, "mine"),
    );
    await expect(write).resolves.toBeUndefined();
  });

  it("is not asked of a card when it is not clear which", async () => {
    await start([]);
    insert();
    await until("locked", "vpcd:1");
    insert();
    await until("locked", "vpcd:2");
    const unlock = (): unknown => keeper.unlock(undefined, PIN, 2);
    expect(unlock).toThrow(expect.objectContaining({ code: "BRIDGE_USAGE" }) as Error);
    expect(await keeper.unlock("vpcd:2", PIN, 2)).toMatchObject({ type: "open" });
    expect(state("vpcd:1")).toBe("locked");
  });
});
