import type { Kysely } from "kysely";
import type { Cipher } from "./cipher.ts";
import type { Tables } from "./schema.ts";

/** Stands for all devices of a user; no device has it as its id. */
const ANY_DEVICE = "";

/** Who we are to somebody's device, where it asks. */
export interface OwnCredentials {
  readonly name: string;
  readonly password: string;
}

/** Our own names and passwords, sealed, for users' devices that challenge us. */
export class OwnCredentialStore {
  readonly #db: Kysely<Tables>;
  readonly #cipher: Cipher;

  constructor(parts: { readonly db: Kysely<Tables>; readonly cipher: Cipher }) {
    this.#db = parts.db;
    this.#cipher = parts.cipher;
  }

  /** @returns those for the device, else those for all devices of the user, else undefined */
  async find(user: string, deviceId: string): Promise<OwnCredentials | undefined> {
    const row = await this.#db
      .selectFrom("own_credentials")
      .selectAll()
      .where("user", "=", user)
      .where("device_id", "in", [deviceId, ANY_DEVICE])
      .orderBy("device_id", "desc")
      .executeTakeFirst();
    if (row === undefined) return undefined;
    const password = this.#cipher.open(row.password, placeOf(user, row.device_id));
    return { name: row.name, password: Buffer.from(password).toString("utf8") };
  }

  /** @param own undefined for none any more @param deviceId undefined for all devices of the user */
  async set(
    user: string,
    deviceId: string | undefined,
    own: OwnCredentials | undefined,
  ): Promise<void> {
    const device_id = deviceId ?? ANY_DEVICE;
    if (own === undefined) {
      const rows = this.#db.deleteFrom("own_credentials").where("user", "=", user);
      await rows.where("device_id", "=", device_id).execute();
      return;
    }
    const sealed = this.#cipher.seal(Buffer.from(own.password, "utf8"), placeOf(user, device_id));
    const row = { user, device_id, name: own.name, password: sealed };
    await this.#db.replaceInto("own_credentials").values(row).execute();
  }
}

const placeOf = (user: string, deviceId: string): string =>
  `own_credentials.password:${user}:${deviceId}`;
