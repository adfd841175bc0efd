import type { Kysely } from "kysely";
import {
  type Access,
  type Accounts,
  type Attempt,
  type AuthScheme,
  type Clock,
  DEFAULT_AUTH_SCHEMES,
  type Nonces,
} from "../../syncml/index.ts";
import { LIMITS } from "../config/limits.ts";
import { BridgeError } from "../errors.ts";
import type { UserRow } from "./account-tables.ts";
import type { Cipher } from "./cipher.ts";
import { GuessThrottle } from "./guess-throttle.ts";
import { confirmNonce, offerNonce, readNonces, reuseNonce, useNonce } from "./nonces.ts";
import { type OwnCredentials, OwnCredentialStore } from "./own-credentials.ts";
import { PasswordCheck } from "./password-check.ts";
import type { Tables } from "./schema.ts";
import { accessOf, checkedSchemes, schemesOf, secretsOf } from "./user-secrets.ts";

/** A user as the operator sees it. */
export interface UserView {
  readonly name: string;
  /** Absent where the user has no card of its own. */
  readonly card?: string;
  readonly auth: readonly AuthScheme[];
  readonly devices: readonly string[];
  readonly createdAtMs: number;
}

/** Users, their passwords, their cards, and the nonces of their devices. */
export class AccountStore implements Accounts {
  readonly #db: Kysely<Tables>;
  readonly #cipher: Cipher;
  readonly #clock: Clock;
  readonly #passwords = new PasswordCheck();
  readonly #throttle: GuessThrottle;
  readonly #own: OwnCredentialStore;

  constructor(parts: {
    readonly db: Kysely<Tables>;
    readonly cipher: Cipher;
    readonly clock: Clock;
    /** Default: one of real time. */
    readonly throttle?: GuessThrottle;
  }) {
    this.#db = parts.db;
    this.#cipher = parts.cipher;
    this.#clock = parts.clock;
    this.#throttle = parts.throttle ?? new GuessThrottle(() => parts.clock.now());
    this.#own = new OwnCredentialStore(parts);
  }

  admit(attempt: Attempt): Promise<void> {
    return this.#throttle.admit(attempt);
  }

  noteCheck(attempt: Attempt, isRight: boolean): void {
    this.#throttle.noteCheck(attempt, isRight);
  }

  async checkPassword(user: string, password: string): Promise<boolean> {
    const row = await this.#find(user);
    const mayUseIt = row !== undefined && schemesOf(row).includes("basic");
    return this.#passwords.check(user, password, mayUseIt ? row.password_hash : undefined);
  }

  async access(user: string): Promise<Access> {
    const row = await this.#find(user);
    return row === undefined ? { schemes: DEFAULT_AUTH_SCHEMES } : accessOf(row, this.#cipher);
  }

  async names(): Promise<readonly string[]> {
    const rows = await this.#db.selectFrom("users").select("name").orderBy("name").execute();
    return rows.map((row) => row.name);
  }

  nonces(deviceId: string): Promise<Nonces | undefined> {
    return readNonces(this.#db, deviceId);
  }

  offerNonce(deviceId: string, fresh: Uint8Array): Promise<Uint8Array> {
    return offerNonce(this.#db, deviceId, { fresh, nowMs: this.#clock.now() });
  }

  useNonce(
    deviceId: string,
    nonce: Uint8Array,
    more: { readonly next: Uint8Array; readonly remoteAddress: string },
  ): Promise<Uint8Array | undefined> {
    return useNonce(this.#db, deviceId, { nonce, ...more, nowMs: this.#clock.now() });
  }

  reuseNonce(
    deviceId: string,
    nonce: Uint8Array,
    remoteAddress: string,
  ): Promise<Uint8Array | undefined> {
    return reuseNonce(this.#db, deviceId, { nonce, remoteAddress });
  }

  confirmNonce(deviceId: string): Promise<void> {
    return confirmNonce(this.#db, deviceId);
  }

  ownCredentials(user: string, deviceId: string): Promise<OwnCredentials | undefined> {
    return this.#own.find(user, deviceId);
  }

  /**
   * @param own undefined to have none any more  @param deviceId undefined for all devices of the user
   * @throws BridgeError BRIDGE_NOT_FOUND, BRIDGE_USAGE as {@link add}
   */
  async setOwnCredentials(
    user: string,
    deviceId: string | undefined,
    own: OwnCredentials | undefined,
  ): Promise<void> {
    await this.#require(user);
    if (own !== undefined) {
      checkName(own.name);
      checkPasswordText(own.password);
    }
    await this.#own.set(user, deviceId, own);
  }

  /**
   * @param auth the schemes by which the user may come in; default: basic and MD5
   * @throws BridgeError BRIDGE_USAGE for a name, password or scheme that cannot be, BRIDGE_REFUSED if the name is taken
   */
  async add(name: string, password: string, auth?: readonly string[]): Promise<void> {
    checkName(name);
    if ((await this.#find(name)) !== undefined) {
      throw new BridgeError("BRIDGE_REFUSED", `There is a user "${name}" already.`);
    }
    const secrets = await this.#secrets(name, password, auth ?? DEFAULT_AUTH_SCHEMES);
    const row = { name, ...secrets, card_uuid: null, created_at_ms: this.#clock.now() };
    await this.#db.insertInto("users").values(row).execute();
  }

  /** @param auth default: as before. @throws BridgeError BRIDGE_NOT_FOUND, BRIDGE_USAGE as {@link add} */
  async setPassword(name: string, password: string, auth?: readonly string[]): Promise<void> {
    const row = await this.#require(name);
    const secrets = await this.#secrets(name, password, auth ?? schemesOf(row));
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
      auth: schemesOf(row),
      devices: devices.filter((each) => each.user === row.name).map((each) => each.device_id),
      createdAtMs: row.created_at_ms,
    }));
  }

  async #secrets(
    name: string,
    password: string,
    auth: readonly string[],
  ): ReturnType<typeof secretsOf> {
    checkPasswordText(password);
    return secretsOf(name, password, { auth: checkedSchemes(auth), cipher: this.#cipher });
  }

  async #require(name: string): Promise<UserRow> {
    const row = await this.#find(name);
    if (row !== undefined) return row;
    throw new BridgeError("BRIDGE_NOT_FOUND", `There is no user "${name}".`);
  }

  #find(name: string): Promise<UserRow | undefined> {
    return this.#db.selectFrom("users").selectAll().where("name", "=", name).executeTakeFirst();
  }
}

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
