import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CardShelf } from "../../../../src/bridge/card-shelf.ts";
import { type CardSet, createCard, shelveCards } from "../../../../src/control/card-set.ts";
import { VirtualCards } from "../../../../src/control/virtual-cards.ts";

let folder: string;
let shelves: CardShelf[];
let logged: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cardsync-cards-"));
  shelves = [];
  logged = [];
});
afterEach(async () => {
  await Promise.all(shelves.map((shelf) => shelf.close()));
  rmSync(folder, { recursive: true, force: true });
});

function newSet(): CardSet {
  const shelf = new CardShelf({
    cardOf: () => Promise.resolve(undefined),
    isBoundToOther: () => Promise.resolve(false),
  });
  shelves.push(shelf);
  const log = pino({ level: "warn" }, { write: (line: string) => logged.push(line) });
  return { files: new VirtualCards(folder), shelf, log };
}

const pinOf = (name: string): string =>
  /^PIN (\d+)$/m.exec(readFileSync(join(folder, "cards", `${name}.pin`), "utf8"))?.[1] ?? "";

describe("virtual cards", () => {
  it("have a random PIN of eight digits in a file of their owner", async () => {
    const set = newSet();
    await createCard(set, { sizeKb: 64 });
    await createCard(set, { sizeKb: 64 });
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
    const made = newSet();
    const created = [];
    for (let each = 0; each < 11; each += 1) created.push(await createCard(made, { sizeKb: 64 }));
    await made.shelf.close();
    const set = newSet();
    await shelveCards(set);
    expect(set.shelf.list().map(({ uuid, label }) => ({ uuid, label }))).toEqual(
      created.map(({ uuid, label }) => ({ uuid, label })),
    );
    expect(set.shelf.list()[10]?.label).toBe("card-11");
    expect(logged).toEqual([]);
  });

  it("take a label that is fit for one", async () => {
    const set = newSet();
    expect((await createCard(set, { sizeKb: 64, label: "Adas Karte" })).label).toBe("Adas Karte");
    expect(set.shelf.list()[0]?.label).toBe("Adas Karte");
    const again = createCard(set, { sizeKb: 64, label: "Adas Karte" });
    await expect(again).rejects.toMatchObject({ code: "BRIDGE_REFUSED" });
    for (const label of ["", "a/b", "a\nb", "ä".repeat(16)]) {
      const made = createCard(set, { sizeKb: 64, label });
      await expect(made).rejects.toMatchObject({ code: "BRIDGE_USAGE" });
    }
    expect(set.files.list()).toHaveLength(1);
  });

  it("that cannot be opened are absent, and the log says so without the PIN", async () => {
    const made = newSet();
    await createCard(made, { sizeKb: 64 });
    await createCard(made, { sizeKb: 64 });
    await made.shelf.close();
    writeFileSync(join(folder, "cards", "card-1.card"), "no card");
    const set = newSet();
    await shelveCards(set);
    expect(set.shelf.list().map(({ label }) => label)).toEqual(["card-2"]);
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain("card-1");
    expect(logged.join("")).not.toContain(pinOf("card-1"));
  });
});
