import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createCipher } from "../../../../src/store/cipher.ts";
import { openDatabase } from "../../../../src/store/database.ts";
import { checkKey } from "../../../../src/store/key-check.ts";
import { loadKey } from "../../../../src/store/key.ts";

const A = "aa".repeat(32);
const B = "bb".repeat(32);
const hex = (key: Uint8Array): string => Buffer.from(key).toString("hex");

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cardsync-key-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe("loadKey", () => {
  it("makes a key of mode 0600 once and finds it again", () => {
    const first = hex(loadKey(folder, {}));
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(statSync(join(folder, "key")).mode & 0o777).toBe(0o600);
    expect(hex(loadKey(folder, {}))).toBe(first);
  });

  it("makes no second key for a database that had one", () => {
    writeFileSync(join(folder, "cardsync.db"), "");
    expect(() => loadKey(folder, {})).toThrow(/key/);
  });

  it("takes the environment before a named file before a credential before the folder", () => {
    const credentials = mkdtempSync(join(folder, "credentials-"));
    writeFileSync(join(credentials, "cardsync-key"), `${A}\n`);
    writeFileSync(join(folder, "other"), B);
    const credentialsDirectory = credentials;
    const keyFile = join(folder, "other");
    expect(hex(loadKey(folder, { credentialsDirectory }))).toBe(A);
    expect(hex(loadKey(folder, { credentialsDirectory, keyFile }))).toBe(B);
    expect(hex(loadKey(folder, { credentialsDirectory, keyFile, key: A }))).toBe(A);
    expect(() => readFileSync(join(folder, "key"))).toThrow();
  });

  it("refuses a key that is none, without repeating it", () => {
    expect(() => loadKey(folder, { key: "swordfish" })).toThrow(
      expect.objectContaining({
        code: "BRIDGE_CONFIG",
        message: expect.not.stringContaining("swordfish") as unknown,
      }),
    );
    expect(() => loadKey(folder, { keyFile: join(folder, "missing") })).toThrow(/cannot be read/);
  });
});

describe("checkKey", () => {
  it("accepts the first key and then only that one", async () => {
    const db = await openDatabase(":memory:");
    const ours = createCipher(Buffer.from(A, "hex"));
    await checkKey(db, ours);
    await checkKey(db, ours);
    const other = createCipher(Buffer.from(B, "hex"));
    await expect(checkKey(db, other)).rejects.toMatchObject({ code: "BRIDGE_STORE" });
    await db.destroy();
  });
});
