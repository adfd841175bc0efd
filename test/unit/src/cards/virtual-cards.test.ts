import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CardShelf } from "../../../../src/bridge/card-shelf.ts";
import { FolderCards } from "../../../../src/cards/folder-cards.ts";

let folder: string;
let opened: FolderCards[];
let logged: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cardsync-cards-"));
  opened = [];
  logged = [];
});
afterEach(async () => {
  await Promise.all(opened.map((cards) => cards.close()));
  rmSync(folder, { recursive: true, force: true });
});

interface World {
  readonly cards: FolderCards;
  readonly shelf: CardShelf;
}

async function openCards(): Promise<World> {
  const shelf = new CardShelf({
    cardOf: () => Promise.resolve(undefined),
    isBoundToOther: () => Promise.resolve(false),
  });
  const log = pino({ level: "warn" }, { write: (line: string) => logged.push(line) });
  const cards = new FolderCards({ dataDir: folder, shelf, log, sources: [] });
  opened.push(cards);
  await cards.start({ makesCard: false, sizeKb: 64 });
  return { cards, shelf };
}

const pinOf = (name: string): string =>
  /^PIN (\d+)$/m.exec(readFileSync(join(folder, "cards", `${name}.pin`), "utf8"))?.[1] ?? "";

describe("virtual cards", () => {
  it("have a random PIN of eight digits in a file of their owner", async () => {
    const { cards } = await openCards();
    await cards.create({ sizeKb: 64 });
    await cards.create({ sizeKb: 64 });
    expect(pinOf("card-1")).toMatch(/^\d{8}$/);
    expect(pinOf("card-1")).not.toBe(pinOf("card-2"));
    for (const name of readdirSync(join(folder, "cards"))) {
      expect(statSync(join(folder, "cards", name)).mode & 0o777).toBe(0o600);
    }
    expect(readFileSync(join(folder, "cards", "card-1.card")).includes(pinOf("card-2"))).toBe(
      false,
    );
  });

  it("are found and unlocked again, in order of their numbers", async () => {
    const { cards } = await openCards();
    const created = [];
    for (let each = 0; each < 11; each += 1) created.push(await cards.create({ sizeKb: 64 }));
    await cards.close();
    const { shelf } = await openCards();
    expect(shelf.list().map(({ uuid, label }) => ({ uuid, label }))).toEqual(
      created.map(({ uuid, label }) => ({ uuid, label })),
    );
    expect(shelf.list()[10]?.label).toBe("card-11");
    expect(logged).toEqual([]);
  });

  it("take a label that is fit for one", async () => {
    const { cards, shelf } = await openCards();
    expect((await cards.create({ sizeKb: 64, label: "Adas Karte" })).label).toBe("Adas Karte");
    expect(shelf.list()[0]?.label).toBe("Adas Karte");
    const again = cards.create({ sizeKb: 64, label: "Adas Karte" });
    await expect(again).rejects.toMatchObject({ code: "BRIDGE_REFUSED" });
    for (const label of ["", "a/b", "a\nb", "ä".repeat(16)]) {
      const made = cards.create({ sizeKb: 64, label });
      await expect(made).rejects.toMatchObject({ code: "BRIDGE_USAGE" });
    }
    expect(shelf.list()).toHaveLength(1);
  });

  it("that cannot be opened are absent, and the log says so without the PIN", async () => {
    const { cards } = await openCards();
    await cards.create({ sizeKb: 64 });
    await cards.create({ sizeKb: 64 });
    await cards.close();
    writeFileSync(join(folder, "cards", "card-1.card"), "no card");
    const { shelf } = await openCards();
    expect(shelf.list().map(({ label }) => label)).toEqual(["card-2"]);
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain("card-1");
    expect(logged.join("")).not.toContain(pinOf("card-1"));
  });
});
