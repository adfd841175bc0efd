import { randomBytes } from "node:crypto";
import type { Kysely } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LIMITS } from "../../../../src/config/limits.ts";
import type { PeerSettings } from "../../../../src/peers/peer.ts";
import { PeerStore } from "../../../../src/peers/peer-store.ts";
import { PEER_TEMPLATES } from "../../../../src/peers/templates.ts";
import { createCipher } from "../../../../src/store/cipher.ts";
import { openDatabase } from "../../../../src/store/database.ts";
import type { Tables } from "../../../../src/store/schema.ts";

const SETTINGS: PeerSettings = {
  ...PEER_TEMPLATES.generic.settings,
  url: "https://sync.example.org/syncml",
  user: "ada",
  type: "two-way",
  card: null,
  caFile: null,
  mayRefreshCard: false,
};
const SECRET = "pass word";

let db: Kysely<Tables>;
let peers: PeerStore;
beforeEach(async () => {
  db = await openDatabase(":memory:");
  const cipher = createCipher(randomBytes(32));
  peers = new PeerStore({ db, cipher, clock: { now: () => 1_000 } });
});
afterEach(async () => {
  await db.destroy();
});

describe("a peer", () => {
  it("is kept as it was given, its password sealed", async () => {
    await peers.add("home", SETTINGS, SECRET);
    expect(await peers.get("home")).toEqual({ ...SETTINGS, name: "home", password: SECRET });
    expect(await peers.list()).toEqual([{ ...SETTINGS, name: "home", createdAtMs: 1_000 }]);
    const row = await db.selectFrom("peers").selectAll().executeTakeFirstOrThrow();
    expect(Buffer.from(row.password).includes(SECRET)).toBe(false);
  });

  it("cannot use the password of another one", async () => {
    await peers.add("home", SETTINGS, SECRET);
    await peers.add("work", SETTINGS, "another");
    const { password } = await db
      .selectFrom("peers")
      .select("password")
      .where("name", "=", "home")
      .executeTakeFirstOrThrow();
    await db.updateTable("peers").set({ password }).where("name", "=", "work").execute();
    await expect(peers.get("work")).rejects.toMatchObject({ code: "BRIDGE_STORE" });
  });

  it("changes in what is said, and keeps the rest", async () => {
    await peers.add("home", SETTINGS, SECRET);
    await peers.edit("home", { type: "slow" }, undefined);
    expect(await peers.get("home")).toMatchObject({ ...SETTINGS, type: "slow", password: SECRET });
    await peers.edit("home", {}, "another");
    expect(await peers.get("home")).toMatchObject({ type: "slow", password: "another" });
  });

  it("is gone once it was removed", async () => {
    await peers.add("home", SETTINGS, SECRET);
    await peers.remove("home");
    const gone = expect.objectContaining({ code: "BRIDGE_NOT_FOUND" }) as Error;
    await expect(peers.get("home")).rejects.toThrow(gone);
    await expect(peers.remove("home")).rejects.toThrow(gone);
    await expect(peers.edit("home", {}, undefined)).rejects.toThrow(gone);
    expect(await peers.list()).toEqual([]);
  });

  it("has a name of its own", async () => {
    await peers.add("home", SETTINGS, SECRET);
    await expect(peers.add("home", SETTINGS, SECRET)).rejects.toMatchObject({
      code: "BRIDGE_REFUSED",
    });
  });

  it("is one of a bounded number", async () => {
    for (let each = 0; each < LIMITS.peers; each += 1)
      await peers.add(`peer-${String(each)}`, SETTINGS, SECRET);
    await expect(peers.add("more", SETTINGS, SECRET)).rejects.toMatchObject({
      code: "BRIDGE_REFUSED",
    });
  });
});

describe("what no peer can be", () => {
  it.each([
    ["another scheme", { url: "ftp://host/" }, "url"],
    ["a user in the URL", { url: "https://ada:secret@host/" }, "url"],
    ["no URL", { url: "host" }, "url"],
    ["a user of two lines", { user: "a\nb" }, "user"],
    ["no datastore", { datastores: {} }, "datastores"],
    ["an unknown datastore", { datastores: { photos: "x" } }, "datastores"],
    ["an empty URI", { datastores: { contacts: "" } }, "datastores.contacts"],
    ["no card's uuid", { card: "mine" }, "card"],
  ])("%s is told by the setting's name", async (_, wrong, setting) => {
    const settings = { ...SETTINGS, ...wrong } as PeerSettings;
    await expect(peers.add("home", settings, SECRET)).rejects.toMatchObject({
      code: "BRIDGE_USAGE",
      userMessage: expect.stringContaining(`The peer's ${setting}:`) as string,
    });
  });

  it.each(["", "-x", "a b", "a/b", "x".repeat(LIMITS.peerNameLength + 1)])(
    "the name %j is refused",
    async (name) => {
      await expect(peers.add(name, SETTINGS, SECRET)).rejects.toMatchObject({
        code: "BRIDGE_USAGE",
      });
    },
  );

  it("a password of two lines is refused", async () => {
    await expect(peers.add("home", SETTINGS, "a\nb")).rejects.toMatchObject({
      code: "BRIDGE_USAGE",
    });
  });
});
