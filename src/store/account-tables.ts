/** What the store knows of itself. */
export interface SettingRow {
  readonly name: string;
  readonly value: Uint8Array;
}

/** One row a user. */
export interface UserRow {
  readonly name: string;
  /** `scrypt$N$r$p$salt$hash`, base64. */
  readonly password_hash: string;
  /** Base64 of MD5(user:password), sealed with the user's name as associated data; null where MD5 is switched off. */
  readonly md5_secret: Uint8Array | null;
  /** 16 hexadecimal digits; null where the user has no card of its own. */
  readonly card_uuid: string | null;
  readonly created_at_ms: number;
}

/** The nonces handed to a device, raw octets. */
export interface NonceRow {
  readonly device_id: string;
  readonly current: Uint8Array;
  readonly previous: Uint8Array | null;
  readonly changed_at_ms: number;
}

/** What a user's device last said of itself. */
export interface DeviceRow {
  readonly user: string;
  readonly device_id: string;
  /** JSON of syncml's DevInf. */
  readonly dev_inf: string;
  readonly changed_at_ms: number;
}

/** Tables of `0001-accounts.ts`. */
export interface AccountTables {
  readonly settings: SettingRow;
  readonly users: UserRow;
  readonly nonces: NonceRow;
  readonly devices: DeviceRow;
}
