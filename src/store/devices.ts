import type { Kysely } from "kysely";
import type { Clock, Devices, DevInf } from "../../syncml/index.ts";
import { LIMITS } from "../config/limits.ts";
import type { Tables } from "./schema.ts";

/** How exactly it is known when a device was here last: which of a user's devices rest longest does not need more. */
const USE_NOTED_EVERY_MS = 24 * 3_600_000;

/** What users' devices said of themselves, for sessions in which they do not repeat it. */
export class DeviceStore implements Devices {
  readonly #db: Kysely<Tables>;
  readonly #clock: Clock;

  constructor(parts: { readonly db: Kysely<Tables>; readonly clock: Clock }) {
    this.#db = parts.db;
    this.#clock = parts.clock;
  }

  async devInf(user: string, deviceId: string): Promise<DevInf | undefined> {
    const row = await this.#db
      .selectFrom("devices")
      .select("dev_inf")
      .where("user", "=", user)
      .where("device_id", "=", deviceId)
      .executeTakeFirst();
    // Only saveDevInf writes this column, in the shape of this very version of the model.
    return row === undefined ? undefined : (JSON.parse(row.dev_inf) as DevInf);
  }

  /** Most devices say the same in each session: that writes nothing, and so waits for no disk. */
  async saveDevInf(user: string, deviceId: string, devInf: DevInf): Promise<void> {
    const now = this.#clock.now();
    const change = { dev_inf: JSON.stringify(devInf), changed_at_ms: now };
    await this.#db
      .insertInto("devices")
      .values({ user, device_id: deviceId, ...change })
      .onConflict((conflict) =>
        conflict
          .columns(["user", "device_id"])
          .doUpdateSet(change)
          .where((e) =>
            e.or([
              e("devices.dev_inf", "!=", change.dev_inf),
              e("devices.changed_at_ms", "<", now - USE_NOTED_EVERY_MS),
            ]),
          ),
      )
      .execute();
    await this.#dropOldest(user);
  }

  async #dropOldest(user: string): Promise<void> {
    await this.#db
      .deleteFrom("devices")
      .where("user", "=", user)
      .where("device_id", "in", (rows) =>
        rows
          .selectFrom("devices")
          .select("device_id")
          .where("user", "=", user)
          .orderBy("changed_at_ms", "desc")
          .orderBy("device_id")
          .limit(-1)
          .offset(LIMITS.devicesPerUser),
      )
      .execute();
  }
}
