import { createHash, randomBytes } from "node:crypto";
import type { Kysely } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DevInf } from "../../../../syncml/model/dev-inf.ts";
import { LIMITS } from "../../../../src/config/limits.ts";
import { AccountStore } from "../../../../src/store/accounts.ts";
import { createCipher } from "../../../../src/store/cipher.ts";
import { openDatabase } from "../../../../src/store/database.ts";
import { DeviceStore } from "../../../../src/store/devices.ts";
import { newPassword } from "../../../../src/store/new-password.ts";
import { ownDeviceId } from "../../../../src/store/own-device-id.ts";
import type { Tables } from "../../../../src/store/schema.ts";

const cipher = createCipher(randomBytes(32));
const devInf: DevInf = { verDtd: "1.2", devId: "phone", devTyp: "phone", datastores: [] };
let db: Kysely<Tables>;
let nowMs = 1_000;
const clock = { now: (): number => nowMs };
let accounts: AccountStore;

beforeEach(async () => {
  nowMs = 1_000;
  db = await openDatabase(":memory:");
  accounts = new AccountStore({ db, cipher, clock });
});
afterEach(async () => {
  await db.destroy();
});

describe("passwords", () => {
  it("knows the right one from a wrong one, and nobody from neither", async () => {
    await accounts.add("ada", "secret");
    expect(await accounts.checkPassword("ada", "secret")).toBe(true);
    expect(await accounts.checkPassword("ada", "Secret")).toBe(false);
    expect(await accounts.checkPassword("bob", "secret")).toBe(false);
  });

  it("is quick the second time, and forgets a changed password at once", async () => {
    await accounts.add("ada", "secret");
    await accounts.checkPassword("ada", "secret");
    const start = performance.now();
    for (let round = 0; round < 20; round += 1) await accounts.checkPassword("ada", "secret");
    expect(performance.now() - start).toBeLessThan(100);
    await accounts.setPassword("ada", "new one");
    expect(await accounts.checkPassword("ada", "secret")).toBe(false);
    expect(await accounts.checkPassword("ada", "new one")).toBe(true);
  });

  it("answers many at once", async () => {
    await accounts.add("ada", "secret");
    const tries = ["secret", "a", "secret", "b", "secret"];
    const answers = await Promise.all(tries.map((each) => accounts.checkPassword("ada", each)));
    expect(answers).toEqual(tries.map((each) => each === "secret"));
  });

  it("stores neither the password nor what is worth the same", async () => {
    await accounts.add("ada", "secret");
    const md5 = createHash("md5").update("ada:secret").digest("base64");
    const row = await db.selectFrom("users").selectAll().executeTakeFirstOrThrow();
    expect(row.password_hash).toMatch(/^scrypt\$32768\$8\$1\$/);
    const dump = row.password_hash + Buffer.from(row.md5_secret ?? []).toString("latin1");
    expect(dump).not.toContain("secret");
    expect(dump).not.toContain(md5);
    expect((await accounts.access("ada")).md5Secret).toBe(md5);
  });

  it("keeps for each scheme what it needs, and no more", async () => {
    await accounts.add("ada", "secret", ["basic"]);
    expect(await accounts.access("ada")).toEqual({ schemes: ["basic"] });
    await accounts.setPassword("ada", "secret", ["hmac"]);
    const md5Secret = createHash("md5").update("ada:secret").digest("base64");
    expect(await accounts.access("ada")).toEqual({ schemes: ["hmac"], md5Secret });
    await accounts.setPassword("ada", "secret", ["md5-1.0", "basic"]);
    expect(await accounts.access("ada")).toEqual({
      schemes: ["basic", "md5-1.0"],
      password: "secret",
    });
    const row = await db.selectFrom("users").selectAll().executeTakeFirstOrThrow();
    expect(Buffer.from(row.password ?? []).toString("latin1")).not.toContain("secret");
    await accounts.setPassword("ada", "other");
    expect(await accounts.access("ada")).toMatchObject({ schemes: ["basic", "md5-1.0"] });
  });

  it("an unknown user looks like one with the schemes of every new user", async () => {
    await accounts.add("ada", "secret");
    const { schemes } = await accounts.access("ada");
    expect(await accounts.access("nobody")).toEqual({ schemes });
  });

  it("a right password is of no use to a user without basic", async () => {
    await accounts.add("ada", "secret", ["md5"]);
    expect(await accounts.checkPassword("ada", "secret")).toBe(false);
  });

  it.each([[[]], [["basic", "magic"]], [[""]]])("no user has the schemes %j", async (auth) => {
    const usage = { code: "BRIDGE_USAGE" };
    await expect(accounts.add("ada", "secret", auth)).rejects.toMatchObject(usage);
  });

  it("does not open a secret that was moved to another user", async () => {
    await accounts.add("ada", "secret");
    await accounts.add("eve", "mine");
    const { md5_secret } = await db
      .selectFrom("users")
      .select("md5_secret")
      .where("name", "=", "eve")
      .executeTakeFirstOrThrow();
    await db.updateTable("users").set({ md5_secret }).where("name", "=", "ada").execute();
    await expect(accounts.access("ada")).rejects.toMatchObject({ code: "BRIDGE_STORE" });
  });

  it("makes random ones of 100 bits that can be typed", () => {
    const made = Array.from({ length: 100 }, newPassword);
    expect(new Set(made).size).toBe(100);
    for (const each of made) expect(each).toMatch(/^([a-z2-9]{4}-){4}[a-z2-9]{4}$/);
  });
});

describe("users", () => {
  it("refuses names and passwords that no client can send", async () => {
    const usage = expect.objectContaining({ code: "BRIDGE_USAGE" }) as unknown;
    for (const name of ["", "a:b", "a\nb", " a", "a ", "a".repeat(65)]) {
      await expect(accounts.add(name, "x")).rejects.toEqual(usage);
    }
    for (const password of ["", "a\nb", "a".repeat(257)]) {
      await expect(accounts.add("ada", password)).rejects.toEqual(usage);
    }
    await accounts.add("Ada Lovelace Ü", "pass word");
  });

  it("refuses a second user of one name, and to change what is not there", async () => {
    await accounts.add("ada", "x");
    await expect(accounts.add("ada", "y")).rejects.toMatchObject({ code: "BRIDGE_REFUSED" });
    const missing = { code: "BRIDGE_NOT_FOUND" };
    await expect(accounts.setPassword("bob", "y")).rejects.toMatchObject(missing);
    await expect(accounts.remove("bob")).rejects.toMatchObject(missing);
    await expect(accounts.bindCard("bob", "00")).rejects.toMatchObject(missing);
  });

  it("binds a card, lists, removes", async () => {
    await accounts.add("bob", "x", ["basic"]);
    await accounts.add("ada", "x");
    await accounts.bindCard("ada", "0011223344556677");
    expect(await accounts.cardOf("ada")).toBe("0011223344556677");
    expect(await accounts.cardOf("bob")).toBeUndefined();
    expect(await accounts.isBoundToOther("0011223344556677", "bob")).toBe(true);
    expect(await accounts.isBoundToOther("0011223344556677", "ada")).toBe(false);
    expect(await accounts.isBoundToOther("8899aabbccddeeff", "bob")).toBe(false);
    const devices = new DeviceStore({ db, clock });
    await devices.saveDevInf("ada", "phone", devInf);
    expect(await accounts.list()).toEqual([
      {
        name: "ada",
        card: "0011223344556677",
        auth: ["basic", "md5"],
        devices: ["phone"],
        createdAtMs: 1000,
      },
      { name: "bob", auth: ["basic"], devices: [], createdAtMs: 1000 },
    ]);
    await accounts.bindCard("ada", undefined);
    expect(await accounts.cardOf("ada")).toBeUndefined();
    await accounts.remove("ada");
    expect(await accounts.names()).toEqual(["bob"]);
    expect(await devices.devInf("ada", "phone")).toBeUndefined();
  });
});

describe("nonces", () => {
  const one = Buffer.from([1]);
  const [two, three] = [Buffer.from([2]), Buffer.from([3])];
  const from = (next: Buffer, remoteAddress = "home"): { next: Buffer; remoteAddress: string } => ({
    next,
    remoteAddress,
  });

  it("offers the current one until it is used, then the next", async () => {
    expect(await accounts.nonces("phone")).toBeUndefined();
    expect(await accounts.offerNonce("phone", one)).toEqual(one);
    expect(await accounts.offerNonce("phone", two)).toEqual(one);
    expect(await accounts.useNonce("phone", one, from(two))).toEqual(two);
    expect(await accounts.nonces("phone")).toEqual({ current: two, used: one });
    expect(await accounts.nonces("other")).toBeUndefined();
  });

  it("of two that use one at once, one does", async () => {
    await accounts.offerNonce("phone", one);
    const both = [two, three].map((next) => accounts.useNonce("phone", one, from(next)));
    expect(await Promise.all(both)).toEqual([two, undefined]);
  });

  it("the used one is good once more, from the same place, until the device has gone on", async () => {
    const reuse = (place: string): Promise<Uint8Array | undefined> =>
      accounts.reuseNonce("phone", one, place);
    await accounts.offerNonce("phone", one);
    await accounts.useNonce("phone", one, from(two));
    expect(await reuse("elsewhere")).toBeUndefined();
    expect(await reuse("home")).toEqual(two);
    expect(await reuse("home")).toBeUndefined();
    await accounts.useNonce("phone", two, from(three));
    await accounts.confirmNonce("phone");
    expect(await accounts.reuseNonce("phone", two, "home")).toBeUndefined();
  });

  it("drops the oldest where strangers ask for too many, and last those that were used", async () => {
    await accounts.offerNonce("mine", one);
    await accounts.useNonce("mine", one, from(two));
    const rows = Array.from({ length: LIMITS.nonces - 1 }, (_, index) => ({
      device_id: `stranger-${String(index)}`,
      current: Buffer.from([0]),
      previous: null,
      reusable_from: null,
      is_used: 0,
      changed_at_ms: 2_000 + index,
    }));
    for (let at = 0; at < rows.length; at += 2000) {
      await db
        .insertInto("nonces")
        .values(rows.slice(at, at + 2000))
        .execute();
    }
    nowMs = 1_000_000;
    await accounts.offerNonce("phone", one);
    expect(await accounts.nonces("stranger-0")).toBeUndefined();
    expect(await accounts.nonces("stranger-1")).toBeDefined();
    expect(await accounts.nonces("phone")).toBeDefined();
    expect(await accounts.nonces("mine")).toBeDefined();
  });
});

describe("who we are to devices", () => {
  it("is for one device, else for all of the user's, and sealed", async () => {
    await accounts.add("ada", "x");
    const all = { name: "cardsync", password: "for all of them" };
    const one = { name: "cardsync", password: "for one" };
    expect(await accounts.ownCredentials("ada", "phone")).toBeUndefined();
    await accounts.setOwnCredentials("ada", undefined, all);
    await accounts.setOwnCredentials("ada", "phone", one);
    expect(await accounts.ownCredentials("ada", "phone")).toEqual(one);
    expect(await accounts.ownCredentials("ada", "pad")).toEqual(all);
    expect(await accounts.ownCredentials("bob", "phone")).toBeUndefined();
    const rows = await db.selectFrom("own_credentials").selectAll().execute();
    for (const { password } of rows)
      expect(Buffer.from(password).toString("latin1")).not.toContain("for");
    await accounts.setOwnCredentials("ada", "phone", undefined);
    expect(await accounts.ownCredentials("ada", "phone")).toEqual(all);
    await accounts.remove("ada");
    expect(await db.selectFrom("own_credentials").selectAll().execute()).toEqual([]);
  });

  it("needs a user, a name and a password", async () => {
    const own = { name: "cardsync", password: "x" };
    const missing = accounts.setOwnCredentials("bob", undefined, own);
    await expect(missing).rejects.toMatchObject({ code: "BRIDGE_NOT_FOUND" });
    await accounts.add("ada", "x");
    const bad = accounts.setOwnCredentials("ada", undefined, { ...own, name: "a:b" });
    await expect(bad).rejects.toMatchObject({ code: "BRIDGE_USAGE" });
  });
});

describe("DeviceStore", () => {
  it("keeps the last DevInf of each device, and only so many devices", async () => {
    const devices = new DeviceStore({ db, clock });
    await accounts.add("ada", "x");
    expect(await devices.devInf("ada", "phone")).toBeUndefined();
    await devices.saveDevInf("ada", "phone", { ...devInf, man: "first" });
    await devices.saveDevInf("ada", "phone", devInf);
    expect(await devices.devInf("ada", "phone")).toEqual(devInf);
    for (let each = 0; each < LIMITS.devicesPerUser; each += 1) {
      nowMs += 1;
      await devices.saveDevInf("ada", `device-${String(each)}`, devInf);
    }
    expect(await devices.devInf("ada", "phone")).toBeUndefined();
    expect(await devices.devInf("ada", "device-0")).toEqual(devInf);
  });

  it("writes what a device repeats only to note, once a day, that it is in use", async () => {
    const devices = new DeviceStore({ db, clock });
    const written = async (): Promise<number | undefined> => {
      await devices.saveDevInf("ada", "phone", devInf);
      const row = await db.selectFrom("devices").select("changed_at_ms").executeTakeFirst();
      return row?.changed_at_ms;
    };
    await accounts.add("ada", "x");
    const first = await written();
    nowMs += 3_600_000;
    expect(await written()).toBe(first);
    nowMs += 24 * 3_600_000;
    expect(await written()).toBe(nowMs);
  });
});

it("ownDeviceId is made once", async () => {
  const id = await ownDeviceId(db);
  expect(id).toMatch(/^cardsync-[0-9a-f]{16}$/);
  expect(await ownDeviceId(db)).toBe(id);
});
