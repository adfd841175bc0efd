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
  /** The schemes that the user may come in by, joined by commas. */
  readonly auth: string;
  /** Base64 of MD5(user:password), sealed with the user's name as associated data; null where no scheme needs it. */
  readonly md5_secret: Uint8Array | null;
  /** The password itself, sealed likewise; null where no scheme needs it. */
  readonly password: Uint8Array | null;
  /** 16 hexadecimal digits; null where the user has no card of its own. */
  readonly card_uuid: string | null;
  readonly created_at_ms: number;
}

/** The nonces of a device, raw octets. */
export interface NonceRow {
  readonly device_id: string;
  readonly current: Uint8Array;
  /** The one that the last right digest was made with. */
  readonly previous: Uint8Array | null;
  /** The address from which `previous` may be used once more; null where it may not. */
  readonly reusable_from: string | null;
  /** 1 once somebody was let in with one of them. */
  readonly is_used: number;
  readonly changed_at_ms: number;
}

/** Who we are to a user's device that asks; all of the user's devices have an empty `device_id`. */
export interface OwnCredentialRow {
  readonly user: string;
  readonly device_id: string;
  readonly name: string;
  /** Sealed. */
  readonly password: Uint8Array;
}

/** What a user's device last said of itself. */
export interface DeviceRow {
  readonly user: string;
  readonly device_id: string;
  /** JSON of syncml's DevInf. */
  readonly dev_inf: string;
  readonly changed_at_ms: number;
}

/** Tables of `0001-accounts.ts` and `0003-auth.ts`. */
export interface AccountTables {
  readonly settings: SettingRow;
  readonly users: UserRow;
  readonly nonces: NonceRow;
  readonly devices: DeviceRow;
  readonly own_credentials: OwnCredentialRow;
}
