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

const MD5 = { md5: true };
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
    await accounts.add("ada", "secret", MD5);
    expect(await accounts.checkPassword("ada", "secret")).toBe(true);
    expect(await accounts.checkPassword("ada", "Secret")).toBe(false);
    expect(await accounts.checkPassword("bob", "secret")).toBe(false);
  });

  it("is quick the second time, and forgets a changed password at once", async () => {
    await accounts.add("ada", "secret", MD5);
    await accounts.checkPassword("ada", "secret");
    const start = performance.now();
    for (let round = 0; round < 20; round += 1) await accounts.checkPassword("ada", "secret");
    expect(performance.now() - start).toBeLessThan(100);
    await accounts.setPassword("ada", "new one", MD5);
    expect(await accounts.checkPassword("ada", "secret")).toBe(false);
    expect(await accounts.checkPassword("ada", "new one")).toBe(true);
  });

  it("answers many at once", async () => {
    await accounts.add("ada", "secret", MD5);
    const tries = ["secret", "a", "secret", "b", "secret"];
    const answers = await Promise.all(tries.map((each) => accounts.checkPassword("ada", each)));
    expect(answers).toEqual(tries.map((each) => each === "secret"));
  });

  it("slows guessing without locking the owner out", async () => {
    await accounts.add("ada", "secret", MD5);
    const guess = (): Promise<boolean> => accounts.checkPassword("ada", "guess");
    for (let each = 0; each < LIMITS.freeWrongPasswords; each += 1) await guess();
    const start = performance.now();
    await guess();
    expect(performance.now() - start).toBeGreaterThan(180);
    expect(await accounts.checkPassword("ada", "secret")).toBe(true);
    nowMs += 61_000;
    const later = performance.now();
    await guess();
    expect(performance.now() - later).toBeLessThan(1000);
  });

  it("stores neither the password nor what is worth the same", async () => {
    await accounts.add("ada", "secret", MD5);
    const md5 = createHash("md5").update("ada:secret").digest("base64");
    const row = await db.selectFrom("users").selectAll().executeTakeFirstOrThrow();
    expect(row.password_hash).toMatch(/^scrypt\$32768\$8\$1\$/);
    const dump = row.password_hash + Buffer.from(row.md5_secret ?? []).toString("latin1");
    expect(dump).not.toContain("secret");
    expect(dump).not.toContain(md5);
    expect(await accounts.md5Secret("ada")).toBe(md5);
  });

  it("keeps no MD5 secret where that is switched off", async () => {
    await accounts.add("ada", "secret", { md5: false });
    expect(await accounts.md5Secret("ada")).toBeUndefined();
    expect(await accounts.md5Secret("nobody")).toBeUndefined();
    await accounts.setPassword("ada", "secret", MD5);
    expect(await accounts.md5Secret("ada")).toBeDefined();
  });

  it("does not open a secret that was moved to another user", async () => {
    await accounts.add("ada", "secret", MD5);
    await accounts.add("eve", "mine", MD5);
    const { md5_secret } = await db
      .selectFrom("users")
      .select("md5_secret")
      .where("name", "=", "eve")
      .executeTakeFirstOrThrow();
    await db.updateTable("users").set({ md5_secret }).where("name", "=", "ada").execute();
    await expect(accounts.md5Secret("ada")).rejects.toMatchObject({ code: "BRIDGE_STORE" });
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
      await expect(accounts.add(name, "x", MD5)).rejects.toEqual(usage);
    }
    for (const password of ["", "a\nb", "a".repeat(257)]) {
      await expect(accounts.add("ada", password, MD5)).rejects.toEqual(usage);
    }
    await accounts.add("Ada Lovelace Ü", "pass word", MD5);
  });

  it("refuses a second user of one name, and to change what is not there", async () => {
    await accounts.add("ada", "x", MD5);
    await expect(accounts.add("ada", "y", MD5)).rejects.toMatchObject({ code: "BRIDGE_REFUSED" });
    const missing = { code: "BRIDGE_NOT_FOUND" };
    await expect(accounts.setPassword("bob", "y", MD5)).rejects.toMatchObject(missing);
    await expect(accounts.remove("bob")).rejects.toMatchObject(missing);
    await expect(accounts.bindCard("bob", "00")).rejects.toMatchObject(missing);
  });

  it("binds a card, lists, removes", async () => {
    await accounts.add("bob", "x", { md5: false });
    await accounts.add("ada", "x", MD5);
    await accounts.bindCard("ada", "0011223344556677");
    expect(await accounts.cardOf("ada")).toBe("0011223344556677");
    expect(await accounts.cardOf("bob")).toBeUndefined();
    expect(await accounts.isBoundToOther("0011223344556677", "bob")).toBe(true);
    expect(await accounts.isBoundToOther("0011223344556677", "ada")).toBe(false);
    expect(await accounts.isBoundToOther("8899aabbccddeeff", "bob")).toBe(false);
    const devices = new DeviceStore({ db, clock });
    await devices.saveDevInf("ada", "phone", devInf);
    expect(await accounts.list()).toEqual([
      { name: "ada", card: "0011223344556677", md5: true, devices: ["phone"], createdAtMs: 1000 },
      { name: "bob", md5: false, devices: [], createdAtMs: 1000 },
    ]);
    await accounts.bindCard("ada", undefined);
    expect(await accounts.cardOf("ada")).toBeUndefined();
    await accounts.remove("ada");
    expect(await accounts.names()).toEqual(["bob"]);
    expect(await devices.devInf("ada", "phone")).toBeUndefined();
  });
});

describe("nonces", () => {
  it("keeps the current one and the one before", async () => {
    expect(await accounts.nonces("phone")).toEqual({});
    await accounts.rotateNonce("phone", Buffer.from([1]));
    expect(await accounts.nonces("phone")).toEqual({ current: Buffer.from([1]) });
    await accounts.rotateNonce("phone", Buffer.from([2]));
    await accounts.rotateNonce("phone", Buffer.from([3]));
    expect(await accounts.nonces("phone")).toEqual({
      current: Buffer.from([3]),
      previous: Buffer.from([2]),
    });
    expect(await accounts.nonces("other")).toEqual({});
  });

  it("drops the oldest where strangers ask for too many", async () => {
    const rows = Array.from({ length: LIMITS.nonces }, (_, index) => ({
      device_id: `stranger-${String(index)}`,
      current: Buffer.from([0]),
      previous: null,
      changed_at_ms: index,
    }));
    for (let at = 0; at < rows.length; at += 2000) {
      await db
        .insertInto("nonces")
        .values(rows.slice(at, at + 2000))
        .execute();
    }
    nowMs = 1_000_000;
    await accounts.rotateNonce("phone", Buffer.from([1]));
    expect(await accounts.nonces("stranger-0")).toEqual({});
    expect(await accounts.nonces("stranger-1")).not.toEqual({});
    expect(await accounts.nonces("phone")).not.toEqual({});
  });
});

describe("DeviceStore", () => {
  it("keeps the last DevInf of each device, and only so many devices", async () => {
    const devices = new DeviceStore({ db, clock });
    await accounts.add("ada", "x", MD5);
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
    await accounts.add("ada", "x", MD5);
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
