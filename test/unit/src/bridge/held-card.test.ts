import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  CardError,
  createVirtualCard,
  openVirtualCard,
  type Transport,
} from "../../../../card/index.ts";
import { ALL_PIN_TRIES, openSession } from "../../../../src/bridge/card-session.ts";
import { type CardAccess, HeldCard } from "../../../../src/bridge/held-card.ts";

const PIN = "2468";
let folder: string;
let connections: Transport[];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "cardsync-held-"));
  connections = [];
  await createVirtualCard(join(folder, "a"), { sizeKb: 32, pin: PIN, puk: "12345678" });
});
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(connections.map((each) => each.close()));
  rmSync(folder, { recursive: true, force: true });
});

async function connect(): Promise<Transport> {
  const transport = await openVirtualCard(join(folder, "a"));
  connections.push(transport);
  return transport;
}

async function hold(more: Partial<CardAccess> = {}): Promise<HeldCard> {
  const outcome = await openSession({ connect, pin: PIN, fewestTries: ALL_PIN_TRIES });
  if (outcome.type !== "open") throw new Error(outcome.type);
  return new HeldCard(outcome.session, { connect, pin: PIN, ...more });
}

const resetLast = (): Promise<void> => connections.at(-1)?.reset() ?? Promise.resolve();

describe("a held card", () => {
  it("is opened again after a reset, by whoever uses it next", async () => {
    const held = await hold();
    await resetLast();
    expect(await held.run((card) => card.peers())).toEqual([]);
    expect(connections).toHaveLength(2);
  });

  it("does not let a sync go on in another session than its own", async () => {
    const held = await hold();
    const lease = held.lease();
    await lease.run((card) => card.databases());
    await resetLast();
    await held.run((card) => card.databases());
    const write = vi.fn();
    const goOn = lease.run(() => Promise.resolve(write()));
    await expect(goOn).rejects.toMatchObject({ code: "CARD_RESET" });
    expect(write).not.toHaveBeenCalled();
    expect(await held.lease().run((card) => card.peers())).toEqual([]);
  });

  it("ends the session in which the card was lost, so that the next use begins anew", async () => {
    const held = await hold();
    const work = held.run(() => Promise.reject(new CardError("CARD_READER_LOST", "pulled")));
    await expect(work).rejects.toMatchObject({ code: "CARD_READER_LOST" });
    expect(await held.run((card) => card.peers())).toEqual([]);
    expect(connections).toHaveLength(2);
  });

  it("adds up the traffic of its sessions", async () => {
    const held = await hold();
    const before = held.traffic?.apdus ?? 0;
    await held.forgetSession();
    expect(held.traffic?.apdus).toBe(before);
    await held.run((card) => card.peers());
    expect(held.traffic?.apdus).toBe(2 * before + 1);
  });

  it("is let go when nobody used it for a while, but never under a sync", async () => {
    const held = await hold({ idleMs: 20 });
    const lease = held.lease();
    await lease.run((card) => card.peers());
    await new Promise((resolve) => setTimeout(resolve, 60));
    await lease.run((card) => card.peers());
    lease.end();
    lease.end();
    expect(held.isLeased).toBe(false);
    await vi.waitFor(() => expect(connections[0]?.transmit(new Uint8Array(5))).rejects.toThrow());
    await held.run((card) => card.peers());
    expect(connections).toHaveLength(2);
    await held.close();
  });

  it("waits for another program to let the card go", async () => {
    let refusals = 2;
    const busy = (): Promise<Transport> => {
      refusals -= 1;
      return refusals < 0 ? connect() : Promise.reject(new CardError("CARD_BUSY", "in use"));
    };
    const held = await hold({ connect: busy });
    await held.forgetSession();
    expect(await held.run((card) => card.peers())).toEqual([]);
  });

  it("never tries a PIN again that was refused, nor one that has only its last try", async () => {
    const held = await hold();
    await held.run((card) => card.changePin(PIN, "1357"));
    await held.forgetSession();
    for (let use = 0; use < 3; use += 1) {
      const work = held.run((card) => card.peers());
      await expect(work).rejects.toMatchObject({ code: "CARD_PIN" });
    }
    held.usePin("1357");
    expect(await held.run((card) => card.pinTries())).toBe(3);
  });

  it("is another one where another card is in its place", async () => {
    const held = await hold();
    await held.forgetSession();
    rmSync(join(folder, "a"));
    await createVirtualCard(join(folder, "a"), { sizeKb: 32, pin: PIN, puk: "12345678" });
    const work = held.run((card) => card.peers());
    await expect(work).rejects.toMatchObject({ code: "CARD_ABSENT" });
  });

  it("is gone for good once it is closed", async () => {
    const held = await hold();
    await held.close();
    const work = held.run((card) => card.peers());
    await expect(work).rejects.toMatchObject({ code: "CARD_ABSENT" });
  });

  it("says who it is after its label and after a wipe", async () => {
    const held = await hold();
    const { uuid, epoch } = held;
    const [first] = held.databases;
    await held.remake((card) =>
      first === undefined ? Promise.resolve() : card.putLabel(first.id, "Ada"),
    );
    expect(held.label).toBe("Ada");
    const early = held.lease();
    await held.remake((card) => card.wipe(uuid));
    expect([held.uuid === uuid, held.epoch === epoch, held.label]).toEqual([false, false, ""]);
    await expect(early.run((card) => card.peers())).rejects.toMatchObject({ code: "CARD_RESET" });
    early.end();
  });
});

describe("a card is opened", () => {
  const open = (pin: string | undefined, fewestTries = 3): ReturnType<typeof openSession> =>
    openSession({ connect, fewestTries, ...(pin === undefined ? {} : { pin }) });

  it("by its PIN only while as many tries are left as are asked for", async () => {
    expect(await open("9999")).toEqual({ type: "locked", triesLeft: 2, wasWrong: true });
    expect(await open(PIN)).toEqual({ type: "locked", triesLeft: 2, wasWrong: false });
    expect(await open("9999", 2)).toEqual({ type: "locked", triesLeft: 1, wasWrong: true });
    expect(await open(PIN, 2)).toEqual({ type: "locked", triesLeft: 1, wasWrong: false });
    expect(await open(PIN, 1)).toMatchObject({ type: "open", pin: PIN });
  });

  it("not without a PIN, which costs no try", async () => {
    expect(await open(undefined)).toEqual({ type: "locked", triesLeft: 3, wasWrong: false });
  });

  it("not when its PIN is blocked", async () => {
    for (let tries = 3; tries > 0; tries -= 1) await open("9999", 1);
    expect(await open(PIN, 1)).toEqual({ type: "blocked" });
  });

  it("not while its transport PIN holds, and no try of that is spent", async () => {
    rmSync(join(folder, "a"));
    const options = { sizeKb: 32, pin: PIN, puk: "12345678", isTransportPin: true };
    await createVirtualCard(join(folder, "a"), options);
    expect(await open("9999")).toEqual({ type: "transportPin" });
    expect(await open(undefined)).toEqual({ type: "transportPin" });
  });

  it("not when it is no card of ours, and is let go then", async () => {
    const close = vi.fn(() => Promise.resolve());
    const foreign: Transport = {
      transmit: () => Promise.resolve(Uint8Array.of(0x6a, 0x82)),
      reset: () => Promise.resolve(),
      close,
    };
    const answer = openSession({ connect: () => Promise.resolve(foreign), fewestTries: 3 });
    expect(await answer).toEqual({ type: "foreign" });
    expect(close).toHaveBeenCalledOnce();
  });
});
