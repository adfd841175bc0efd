import { md5Secret } from "../../syncml/auth/credentials.ts";
import type { AuthScheme } from "../../syncml/auth/schemes.ts";
import type { Access, Accounts, Attempt, Nonces } from "../../syncml/session/ports.ts";

export const USER = "Bruce2";
export const PASSWORD = "OhBehave";

/** One user in memory, with nonces as the store keeps them; notes what was admitted and how it ended. */
export class MemoryAccounts implements Accounts {
  readonly schemes: readonly AuthScheme[];
  readonly attempts: string[] = [];
  own: { readonly name: string; readonly password: string } | undefined;
  /** What of the nonces is kept: deviceId to nonces and where the used one may come from. */
  readonly rows = new Map<string, Nonces & { readonly from?: string }>();

  constructor(schemes: readonly AuthScheme[] = ["basic", "md5"]) {
    this.schemes = schemes;
  }

  admit({ user, deviceId }: Attempt): Promise<void> {
    this.attempts.push(`${user} on ${deviceId} asks`);
    return Promise.resolve();
  }

  noteCheck({ user, deviceId }: Attempt, isRight: boolean): void {
    this.attempts.push(`${user} on ${deviceId} is ${isRight ? "right" : "wrong"}`);
  }

  checkPassword(user: string, password: string): Promise<boolean> {
    const isRight = user === USER && password === PASSWORD;
    return Promise.resolve(isRight && this.schemes.includes("basic"));
  }

  access(user: string): Promise<Access> {
    if (user !== USER) return Promise.resolve({ schemes: ["basic", "md5"] });
    const secret = { md5Secret: md5Secret(USER, PASSWORD) };
    const password = this.schemes.includes("md5-1.0") ? { password: PASSWORD } : {};
    return Promise.resolve({ schemes: this.schemes, ...secret, ...password });
  }

  names(): Promise<readonly string[]> {
    return Promise.resolve([USER]);
  }

  nonces(deviceId: string): Promise<Nonces | undefined> {
    return Promise.resolve(this.rows.get(deviceId));
  }

  offerNonce(deviceId: string, fresh: Uint8Array): Promise<Uint8Array> {
    const { current } = this.rows.get(deviceId) ?? { current: fresh };
    if (!this.rows.has(deviceId)) this.rows.set(deviceId, { current });
    return Promise.resolve(current);
  }

  useNonce(
    deviceId: string,
    nonce: Uint8Array,
    { next, remoteAddress }: { readonly next: Uint8Array; readonly remoteAddress: string },
  ): Promise<Uint8Array | undefined> {
    if (!isSame(this.rows.get(deviceId)?.current, nonce)) return Promise.resolve(undefined);
    this.rows.set(deviceId, { current: next, used: nonce, from: remoteAddress });
    return Promise.resolve(next);
  }

  async reuseNonce(
    deviceId: string,
    nonce: Uint8Array,
    remoteAddress: string,
  ): Promise<Uint8Array | undefined> {
    const row = this.rows.get(deviceId);
    if (row?.from !== remoteAddress || !isSame(row.used, nonce)) return undefined;
    await this.confirmNonce(deviceId);
    return row.current;
  }

  confirmNonce(deviceId: string): Promise<void> {
    const row = this.rows.get(deviceId);
    if (row?.used !== undefined) this.rows.set(deviceId, { current: row.current, used: row.used });
    return Promise.resolve();
  }

  ownCredentials(): Promise<{ readonly name: string; readonly password: string } | undefined> {
    return Promise.resolve(this.own);
  }
}

const isSame = (one: Uint8Array | undefined, other: Uint8Array): boolean =>
  one !== undefined && Buffer.compare(one, other) === 0;
