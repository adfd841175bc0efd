import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { createVirtualCard, openVirtualCard, PimCard } from "../../../../card/index.ts";
import type { VirtualTransport } from "../../../../card/index.ts";
import {
  decodeCardFile,
  encodeCardFile,
  encodeFrame,
} from "../../../../card/transport/card-file.ts";
import { CONTACTS, peer, settle, text } from "../../../support/card/virtual.ts";

const folder = mkdtempSync(join(tmpdir(), "cardsync-file-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
let serial = 0;
const OPTIONS = { sizeKb: 64, pin: "1234", puk: "12345678" };

const create = async (options: Partial<typeof OPTIONS> = {}): Promise<string> => {
  const path = join(folder, `${String(serial++)}.card`);
  await createVirtualCard(path, { ...OPTIONS, ...options });
  return path;
};

const open = async (path: string): Promise<{ card: PimCard; transport: VirtualTransport }> => {
  const transport = await openVirtualCard(path);
  const card = await PimCard.open(transport);
  await card.verify("1234");
  return { card, transport };
};

const contents = async (card: PimCard): Promise<string[]> => {
  const found: string[] = [];
  for await (const { content } of card.readImage(CONTACTS))
    found.push(new TextDecoder().decode(content));
  return found;
};

describe("a card's file", () => {
  test("is private, and holds neither PIN nor PUK", async () => {
    const path = await create();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path).includes("1234")).toBe(false);
  });

  test("is not made twice, nor out of range, nor opened where there is none", async () => {
    const path = await create();
    await expect(createVirtualCard(path, OPTIONS)).rejects.toMatchObject({ code: "CARD_EXISTS" });
    await expect(create({ sizeKb: 5000 })).rejects.toMatchObject({ code: "CARD_MALFORMED" });
    await expect(create({ pin: "1" })).rejects.toMatchObject({ code: "CARD_MALFORMED" });
    await expect(openVirtualCard(`${path}x`)).rejects.toMatchObject({ code: "CARD_ABSENT" });
  });

  test("that is damaged is refused", async () => {
    const path = await create();
    const bytes = readFileSync(path);
    bytes[1000] = 1;
    writeFileSync(path, bytes);
    await expect(openVirtualCard(path)).rejects.toMatchObject({ code: "CARD_MALFORMED" });
  });

  test("is a card again when a copy is put back, with the objects of then", async () => {
    const path = await create();
    const first = await open(path);
    await first.card.create(CONTACTS, text("old"));
    const object = await settle(first.card, peer(1));
    await first.card.close();
    copyFileSync(path, `${path}.copy`);
    const second = await open(path);
    await second.card.create(CONTACTS, text("new"));
    await settle(second.card, peer(1));
    await second.card.close();
    copyFileSync(`${path}.copy`, path);
    const third = await open(path);
    expect(await contents(third.card)).toEqual(["old"]);
    expect((await third.card.startSync(CONTACTS, peer(1), { mayEvict: false })).current).toBe(
      object,
    );
  });

  test("whose last frame is torn is as it was before that command", async () => {
    const path = await create();
    const { card } = await open(path);
    await card.create(CONTACTS, text("kept"));
    await card.create(CONTACTS, text("torn"));
    await card.close();
    writeFileSync(path, readFileSync(path).subarray(0, -3));
    const again = await open(path);
    expect(await contents(again.card)).toEqual(["kept"]);
    await again.card.create(CONTACTS, text("later"));
    await again.card.close();
    expect(await contents((await open(path)).card)).toEqual(["kept", "later"]);
  });

  test("does not grow for ever", async () => {
    const path = await create();
    const { card } = await open(path);
    const made = await card.create(CONTACTS, new Uint8Array(4000));
    for (let n = 0; n < 400 && made.type === "written"; n++) {
      await card.update(CONTACTS, made.id, new Uint8Array(4000).fill(n));
    }
    expect(statSync(path).size).toBeLessThan(1_300_000);
    await card.close();
    const again = await open(path);
    expect((await again.card.databases())[0]?.live).toBe(1);
  });

  test("two starts never propose the same object, over restarts and copies", async () => {
    const path = await create();
    const seen = new Set<string>();
    for (let round = 0; round < 5; round++) {
      const { card } = await open(path);
      for (let n = 0; n < 5; n++) {
        seen.add((await card.startSync(CONTACTS, peer(1), { mayEvict: false })).proposed);
      }
    }
    expect(seen.size).toBe(25);
  });

  test("an empty sync costs one write; START, LIST and READ none", async () => {
    const { card, transport } = await open(await create());
    await settle(card, peer(1));
    const before = transport.nvmStats.writes;
    const { current, proposed } = await card.startSync(CONTACTS, peer(1), { mayEvict: false });
    await card.listChanges(CONTACTS, current ?? "everything");
    await contents(card);
    expect(transport.nvmStats.writes).toBe(before);
    const apdus = transport.transportStats.apdus;
    await card.commitSync(CONTACTS, proposed);
    expect(transport.nvmStats.writes).toBe(before + 1);
    expect(transport.transportStats.apdus).toBe(apdus + 1);
  });

  test("a closed transport says so", async () => {
    const { card, transport } = await open(await create());
    await card.close();
    await transport.close();
    await expect(card.identity()).rejects.toMatchObject({ code: "CARD_READER_LOST" });
  });
});

describe("the journal", () => {
  const image = new Uint8Array(100);
  const file = encodeCardFile(image);
  const start = decodeCardFile(file)?.checksum ?? 0;
  const first = encodeFrame([{ address: 1, bytes: Uint8Array.of(7) }], start);
  const second = encodeFrame([{ address: 2, bytes: Uint8Array.of(8) }], first.checksum);

  test("is replayed in order", () => {
    const decoded = decodeCardFile(Buffer.concat([file, first.bytes, second.bytes]));
    expect(decoded?.image.subarray(0, 4)).toEqual(Uint8Array.of(0, 7, 8, 0));
  });

  test("ends at the first frame that is torn, damaged or out of order", () => {
    const whole = Buffer.concat([file, first.bytes, second.bytes]);
    for (let length = file.length; length < whole.length; length++) {
      const decoded = decodeCardFile(whole.subarray(0, length));
      expect(decoded?.end).toBe(
        length < file.length + first.bytes.length ? file.length : file.length + first.bytes.length,
      );
    }
    expect(decodeCardFile(Buffer.concat([file, second.bytes]))?.end).toBe(file.length);
  });

  test("is not looked for in what is no card's file", () => {
    expect(decodeCardFile(new Uint8Array(10))).toBeUndefined();
    expect(decodeCardFile(file.subarray(0, -1))).toBeUndefined();
  });
});
