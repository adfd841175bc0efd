import { randomBytes, scrypt, type ScryptOptions, timingSafeEqual } from "node:crypto";

/** @see OWASP Password Storage Cheat Sheet: scrypt with N=2^15, r=8, p=1 and more rounds where memory is short */
const COST = { N: 2 ** 15, r: 8, p: 1 } as const;
const MAX_MEMORY_BYTES = 64 * 1024 * 1024;
const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** @returns `scrypt$N$r$p$salt$hash` with salt and hash in base64 */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, COST);
  const fields = [COST.N, COST.r, COST.p, salt.toString("base64"), hash.toString("base64")];
  return `scrypt$${fields.join("$")}`;
}

/** @returns false also where `stored` is not a hash that {@link hashPassword} makes */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const [scheme, n, r, p, salt, hash] = stored.split("$");
  if (scheme !== "scrypt" || salt === undefined || hash === undefined) return false;
  const expected = Buffer.from(hash, "base64");
  const cost = { N: Number(n), r: Number(r), p: Number(p) };
  const actual = await derive(password, Buffer.from(salt, "base64"), cost);
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

function derive(password: string, salt: Uint8Array, cost: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(
      password.normalize("NFC"),
      salt,
      HASH_BYTES,
      { ...cost, maxmem: MAX_MEMORY_BYTES },
      (error, key) => {
        if (error === null) resolve(key);
        else reject(error);
      },
    );
  });
}
