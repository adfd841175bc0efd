import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import ts from "typescript";
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { openPcsc } from "../../../../../card/index.ts";
import type { Readers, Transport } from "../../../../../card/index.ts";
import { FAKE } from "../../../../support/card/fake-pcsc.ts";
import { ReaderLog } from "../../../../support/card/reader-log.ts";

const FAKE_SOURCE = resolve(import.meta.dirname, "../../../../support/card/fake-pcsc.ts");
const programs = mkdtempSync(join(tmpdir(), "cardsync-fake-"));
/** Built beforehand: it is started often, and a loader for sources would take most of the time. */
const program = { path: join(programs, "fake.mjs"), execArgv: [] };
writeFileSync(
  program.path,
  ts.transpile(readFileSync(FAKE_SOURCE, "utf8"), { target: ts.ScriptTarget.ES2023 }),
);
afterAll(() => {
  rmSync(programs, { recursive: true });
});

const OK = Uint8Array.of(0x90, 0x00);
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
const command = (ins: number): Uint8Array => Uint8Array.of(0, ins);

let folder: string;
let log: ReaderLog;
let said: string[];
let readers: Readers;

const socketPath = (): string => join(folder, "socket");
/** A daemon that starts makes a new socket. */
const makeSocket = (): void => {
  writeFileSync(join(folder, "new"), "");
  renameSync(join(folder, "new"), socketPath());
};
const pids = (): readonly number[] =>
  readFileSync(join(folder, "starts"), "utf8").split("\n").slice(0, -1).map(Number);

type Mode = "good" | "crash" | "noModule" | "mute";
const open = (mode: Mode, answerMs = 60_000): void => {
  readers = openPcsc({
    listener: log.listener,
    log: (message) => said.push(message),
    env: {
      ...process.env,
      PCSCLITE_CSOCK_NAME: socketPath(),
      FAKE_PCSC_MODE: mode,
      FAKE_PCSC_STARTS: join(folder, "starts"),
    },
    answerMs,
    backOff: { firstMs: 5, maxMs: 20 },
    watchMs: 20,
    program,
  });
};
const openGood = async (): Promise<Transport> => {
  makeSocket();
  open("good");
  await readers.ready;
  return readers.connect("R");
};
const historyOf = async (transport: Transport): Promise<string> =>
  Buffer.from(await transport.transmit(command(FAKE.history))).toString();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cardsync-pcsc-"));
  writeFileSync(join(folder, "starts"), "");
  log = new ReaderLog();
  said = [];
});

afterEach(async () => {
  await readers.close();
  rmSync(folder, { recursive: true });
});

describe("the process that owns PC/SC", () => {
  test("is not started before there is a daemon's socket", async () => {
    open("good");
    await readers.ready;
    const reason = `there is no PC/SC daemon at ${socketPath()}`;
    expect(log.events).toEqual([{ type: "offline", reason }]);
    await expect(readers.connect("R")).rejects.toThrow(reason);
    expect(pids()).toEqual([]);
    makeSocket();
    await log.seen("cardInserted");
    expect(log.types).toEqual(["offline", "online", "readerAdded", "cardInserted"]);
    expect(readers.list()).toMatchObject([{ name: "R", card: { insertion: 1 } }]);
    expect(pids()).toHaveLength(1);
  });

  test("is started again when it crashes, and the same reason is told once", async () => {
    makeSocket();
    open("crash");
    await readers.ready;
    await vi.waitUntil(() => pids().length >= 3, 15_000);
    expect(log.events).toEqual([{ type: "offline", reason: "the PC/SC process ended (2)" }]);
    expect(said).toHaveLength(1);
  });

  test("is replaced when it does not answer", async () => {
    makeSocket();
    open("mute", 900);
    await log.seen("online", 2);
    const [first = 0, second = 0] = pids();
    await vi.waitUntil(() => !isAlive(first));
    expect(second).not.toBe(first);
    expect(log.types.slice(0, 6)).toEqual([
      ...["online", "readerAdded", "cardInserted"],
      ...["cardRemoved", "readerLost", "offline"],
    ]);
    expect(said).toContain("PC/SC: the PC/SC process did not answer a ping");
  });

  test("is not tried again without pcsclite, until the daemon is a new one", async () => {
    makeSocket();
    open("noModule");
    await readers.ready;
    expect(log.events).toEqual([
      { type: "offline", reason: "npm's pcsclite cannot be loaded: Cannot find module 'pcsclite'" },
    ]);
    await sleep(200);
    expect(pids()).toHaveLength(1);
    makeSocket();
    await vi.waitUntil(() => pids().length === 2, 15_000);
  });

  test("is replaced when there is a new daemon, which it may not have noticed", async () => {
    const transport = await openGood();
    makeSocket();
    await log.seen("online", 2);
    await log.seen("cardInserted", 2);
    expect(log.types.slice(3)).toEqual([
      ...["cardRemoved", "readerLost", "offline"],
      ...["online", "readerAdded", "cardInserted"],
    ]);
    expect(readers.list()).toMatchObject([{ card: { insertion: 2 } }]);
    await expect(transport.transmit(command(FAKE.ok))).rejects.toMatchObject({
      code: "CARD_READER_LOST",
    });
  });

  test("is replaced without a word when all readers are gone", async () => {
    const transport = await openGood();
    await expect(transport.transmit(command(FAKE.readersEnded))).rejects.toMatchObject({
      retryable: true,
    });
    await log.seen("cardInserted", 2);
    expect(log.types).not.toContain("offline");
    expect(log.count("online")).toBe(1);
  });

  test("takes a command with it when it crashes", async () => {
    const transport = await openGood();
    await expect(transport.transmit(command(FAKE.exit))).rejects.toThrow(
      "CARD_READER_LOST: the PC/SC process ended (3)",
    );
    await log.seen("cardInserted", 2);
    const next = await readers.connect("R");
    expect(await next.transmit(command(FAKE.ok))).toEqual(OK);
  });

  test("is replaced when a command is not answered in time", async () => {
    makeSocket();
    open("good", 900);
    await readers.ready;
    const transport = await readers.connect("R");
    await expect(transport.transmit(command(FAKE.hang))).rejects.toMatchObject({
      code: "CARD_READER_LOST",
    });
    await log.seen("cardInserted", 2);
  });

  test("is gone after closing, for good", async () => {
    const transport = await openGood();
    const hanging = transport.transmit(command(FAKE.hang)).catch((error: unknown) => error);
    await readers.close();
    expect(await hanging).toMatchObject({ code: "CARD_READER_LOST" });
    expect(pids().filter(isAlive)).toEqual([]);
    makeSocket();
    await sleep(100);
    expect(pids()).toHaveLength(1);
    expect(readers.list()).toEqual([]);
    await expect(readers.connect("R")).rejects.toMatchObject({ code: "CARD_READER_LOST" });
    await expect(transport.transmit(command(FAKE.ok))).rejects.toMatchObject({
      code: "CARD_READER_LOST",
    });
    await readers.close();
  });

  test("is not started where closing came first", async () => {
    makeSocket();
    open("good");
    await readers.close();
    await readers.ready;
    expect(pids()).toEqual([]);
  });
});

describe("a connection to a card", () => {
  test("begins and ends a session", async () => {
    const first = await openGood();
    expect(await first.transmit(command(FAKE.ok))).toEqual(OK);
    await first.reset();
    const closed = first.close();
    const second = await readers.connect("R");
    await closed;
    expect(await historyOf(second)).toBe("ctrcrct");
    expect(second.transportStats).toEqual({ apdus: 1, bytesSent: 2, bytesReceived: 7 });
  });

  test("is one at a time", async () => {
    await openGood();
    await expect(readers.connect("R")).rejects.toMatchObject({ code: "CARD_BUSY" });
    await expect(readers.connect("S")).rejects.toMatchObject({ code: "CARD_READER_LOST" });
  });

  test("goes on after a reset by others, which is told once", async () => {
    const transport = await openGood();
    await expect(transport.transmit(command(FAKE.resetByOthers))).rejects.toMatchObject({
      code: "CARD_RESET",
    });
    expect(log.events.at(-1)).toEqual({ type: "cardReset", reader: "R", insertion: 1 });
    expect(await historyOf(transport)).toBe("ctlct");
  });

  test.each([
    ["an answer that is torn", FAKE.torn],
    ["a command that did not get through", FAKE.notTransacted],
  ])("ends with %s; the card begins a new stay", async (_, ins) => {
    const transport = await openGood();
    await expect(transport.transmit(command(ins))).rejects.toMatchObject({
      code: "CARD_READER_LOST",
    });
    await expect(transport.transmit(command(FAKE.ok))).rejects.toMatchObject({ retryable: true });
    await expect(readers.connect("R")).rejects.toMatchObject({ code: "CARD_ABSENT" });
    expect(await log.inserted("R", 2)).toMatchObject({ insertion: 2 });
    const next = await readers.connect("R");
    expect(await historyOf(next)).toBe("ctlcrct");
  });

  test("ends with the card's stay", async () => {
    const transport = await openGood();
    await transport.transmit(command(FAKE.swap));
    expect(log.types.slice(-2)).toEqual(["cardRemoved", "cardInserted"]);
    await expect(transport.transmit(command(FAKE.ok))).rejects.toMatchObject({
      code: "CARD_ABSENT",
    });
    const next = await readers.connect("R");
    expect(await historyOf(next)).toBe("ctlct");
  });

  test("is not to be had with a card that is the wrong way round, which is said", async () => {
    const transport = await openGood();
    await transport.transmit(command(FAKE.mute));
    expect(log.types.at(-1)).toBe("cardRemoved");
    expect(said).toEqual(["PC/SC: the card in R does not answer; is it the right way round?"]);
    await expect(readers.connect("R")).rejects.toMatchObject({ code: "CARD_ABSENT" });
  });

  test("can be given up while a command runs, and before", async () => {
    const transport = await openGood();
    const giveUp = new AbortController();
    const hanging = transport.transmit(command(FAKE.hang), giveUp.signal);
    const queued = transport.transmit(command(FAKE.ok), giveUp.signal);
    giveUp.abort(new Error("given up"));
    await expect(hanging).rejects.toThrow("given up");
    await expect(queued).rejects.toThrow("given up");
    await expect(readers.connect("R", giveUp.signal)).rejects.toThrow("given up");
  });

  test("that is given up is let go", async () => {
    const transport = await openGood();
    await transport.close();
    const giveUp = new AbortController();
    const connecting = readers.connect("R", giveUp.signal);
    giveUp.abort(new Error("given up"));
    await expect(connecting).rejects.toThrow("given up");
    const next = await readers.connect("R");
    expect(await historyOf(next)).toMatch(/^crc?rct$/);
  });
});
