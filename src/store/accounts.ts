import { createHash } from "node:crypto";
import type { Kysely } from "kysely";
import type { Accounts, Clock } from "../../syncml/index.ts";
import { LIMITS } from "../config/limits.ts";
import { BridgeError } from "../errors.ts";
import type { UserRow } from "./account-tables.ts";
import type { Cipher } from "./cipher.ts";
import { readNonces, rotateNonce } from "./nonces.ts";
import { PasswordCheck } from "./password-check.ts";
import { hashPassword } from "./password-hash.ts";
import type { Tables } from "./schema.ts";

/** A user as the operator sees it. */
export interface UserView {
  readonly name: string;
  /** Absent where the user has no card of its own. */
  readonly card?: string;
  readonly md5: boolean;
  readonly devices: readonly string[];
  readonly createdAtMs: number;
}

/** Users, their passwords, their cards, and the nonces of their devices. */
export class AccountStore implements Accounts {
  readonly #db: Kysely<Tables>;
  readonly #cipher: Cipher;
  readonly #clock: Clock;
  readonly #passwords: PasswordCheck;

  constructor(parts: {
    readonly db: Kysely<Tables>;
    readonly cipher: Cipher;
    readonly clock: Clock;
  }) {
    this.#db = parts.db;
    this.#cipher = parts.cipher;
    this.#clock = parts.clock;
    this.#passwords = new PasswordCheck(() => parts.clock.now());
  }

  async checkPassword(user: string, password: string): Promise<boolean> {
    const row = await this.#find(user);
    return this.#passwords.check(user, password, row?.password_hash);
  }

  async md5Secret(user: string): Promise<string | undefined> {
    const secret = (await this.#find(user))?.md5_secret;
    if (secret === undefined || secret === null) return undefined;
    return Buffer.from(this.#cipher.open(secret, secretPlace(user))).toString("utf8");
  }

  async names(): Promise<readonly string[]> {
    const rows = await this.#db.selectFrom("users").select("name").orderBy("name").execute();
    return rows.map((row) => row.name);
  }

  nonces(
    deviceId: string,
  ): Promise<{ readonly current?: Uint8Array; readonly previous?: Uint8Array }> {
    return readNonces(this.#db, deviceId);
  }

  rotateNonce(deviceId: string, next: Uint8Array): Promise<void> {
    return rotateNonce(this.#db, deviceId, next, this.#clock.now());
  }

  /**
   * @param options.md5 false keeps no MD5 secret: the user's devices must then use basic authentication
   * @throws BridgeError BRIDGE_USAGE for a name or password that no client could send, BRIDGE_REFUSED if the name is taken
   */
  async add(name: string, password: string, options: { readonly md5: boolean }): Promise<void> {
    checkName(name);
    if ((await this.#find(name)) !== undefined) {
      throw new BridgeError("BRIDGE_REFUSED", `There is a user "${name}" already.`);
    }
    const secrets = await this.#secrets(name, password, options.md5);
    const row = { name, ...secrets, card_uuid: null, created_at_ms: this.#clock.now() };
    await this.#db.insertInto("users").values(row).execute();
  }

  /** @throws BridgeError BRIDGE_NOT_FOUND, BRIDGE_USAGE as {@link add} */
  async setPassword(
    name: string,
    password: string,
    options: { readonly md5: boolean },
  ): Promise<void> {
    await this.#require(name);
    const secrets = await this.#secrets(name, password, options.md5);
    await this.#db.updateTable("users").set(secrets).where("name", "=", name).execute();
  }

  /** Also forgets the user's devices. @throws BridgeError BRIDGE_NOT_FOUND */
  async remove(name: string): Promise<void> {
    await this.#require(name);
    await this.#db.deleteFrom("users").where("name", "=", name).execute();
  }

  /** @param card 16 hexadecimal digits, or undefined for none. @throws BridgeError BRIDGE_NOT_FOUND */
  async bindCard(name: string, card: string | undefined): Promise<void> {
    await this.#require(name);
    const change = { card_uuid: card ?? null };
    await this.#db.updateTable("users").set(change).where("name", "=", name).execute();
  }

  /** @returns the card that the user is bound to, or undefined for none, also for an unknown user */
  async cardOf(name: string): Promise<string | undefined> {
    return (await this.#find(name))?.card_uuid ?? undefined;
  }

  async isBoundToOther(cardUuid: string, name: string): Promise<boolean> {
    const other = await this.#db
      .selectFrom("users")
      .select("name")
      .where("card_uuid", "=", cardUuid)
      .where("name", "!=", name)
      .executeTakeFirst();
    return other !== undefined;
  }

  async list(): Promise<readonly UserView[]> {
    const users = await this.#db.selectFrom("users").selectAll().orderBy("name").execute();
    const devices = await this.#db
      .selectFrom("devices")
      .select(["user", "device_id"])
      .orderBy("device_id")
      .execute();
    return users.map((row) => ({
      name: row.name,
      ...(row.card_uuid === null ? {} : { card: row.card_uuid }),
      md5: row.md5_secret !== null,
      devices: devices.filter((each) => each.user === row.name).map((each) => each.device_id),
      createdAtMs: row.created_at_ms,
    }));
  }

  async #secrets(
    name: string,
    password: string,
    md5: boolean,
  ): Promise<Pick<UserRow, "password_hash" | "md5_secret">> {
    checkPasswordText(password);
    const secret = Buffer.from(md5Of(name, password), "utf8");
    return {
      password_hash: await hashPassword(password),
      md5_secret: md5 ? this.#cipher.seal(secret, secretPlace(name)) : null,
    };
  }

  async #require(name: string): Promise<void> {
    if ((await this.#find(name)) !== undefined) return;
    throw new BridgeError("BRIDGE_NOT_FOUND", `There is no user "${name}".`);
  }

  #find(name: string): Promise<UserRow | undefined> {
    return this.#db.selectFrom("users").selectAll().where("name", "=", name).executeTakeFirst();
  }
}

/** Binds a sealed secret to its row, so that it is worth nothing in another user's. */
const secretPlace = (name: string): string => `users.md5_secret:${name}`;

/** @see OMA-TS-SyncML_RepPro 1.2, "Authentication": B64(H(username:password)) */
const md5Of = (name: string, password: string): string =>
  createHash("md5").update(`${name}:${password}`, "utf8").digest("base64");

function checkName(name: string): void {
  const bytes = Buffer.byteLength(name, "utf8");
  if (bytes === 0 || bytes > LIMITS.userNameBytes) {
    const most = String(LIMITS.userNameBytes);
    throw new BridgeError("BRIDGE_USAGE", `A user name has 1 to ${most} bytes.`);
  }
  // A colon ends the name in "user:password", the text that every SyncML credential is made of.
  if (/[:\p{Cc}]|^\s|\s$/u.test(name)) {
    throw new BridgeError(
      "BRIDGE_USAGE",
      "A user name has no colon, no control character and no blank at its ends.",
    );
  }
}

function checkPasswordText(password: string): void {
  const bytes = Buffer.byteLength(password, "utf8");
  if (bytes > 0 && bytes <= LIMITS.passwordBytes && !/\p{Cc}/u.test(password)) return;
  const most = String(LIMITS.passwordBytes);
  throw new BridgeError("BRIDGE_USAGE", `A password has 1 to ${most} bytes and is one line.`);
}
