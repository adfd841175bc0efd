import {
  AUTH_TYPES,
  challenge,
  isSameDigest,
  md5Digest,
  readCredentials,
} from "../auth/credentials.ts";
import type { Chal, Cred, SyncmlVersion } from "../model/message.ts";
import type { CredResult } from "../session/effects.ts";
import type { Accounts } from "../session/ports.ts";

const NONCE_BYTES = 16;

export interface CredRequest {
  readonly cred?: Cred;
  readonly deviceId: string;
  /** The user's name as the header's Source/LocName gives it; only MD5 needs it. */
  readonly name?: string;
  readonly version: SyncmlVersion;
  /** Tries of this session that have failed. */
  readonly failures: number;
}

/**
 * Checks a header's credentials. An MD5 nonce is good for one use: every MD5 attempt rotates it, and the one before is
 * still accepted once, since an answer may have been lost. MD5 is asked for first; basic of SyncML 1.0, whose digest
 * cannot be checked, and of a device whose digest was wrong: its user may have no MD5 secret, which nobody is told.
 */
export async function verifyCred(
  request: CredRequest,
  accounts: Accounts,
  random: (bytes: number) => Uint8Array,
): Promise<CredResult> {
  const credentials = request.cred === undefined ? undefined : readCredentials(request.cred);
  if (credentials?.type === "basic") {
    const { user, password } = credentials;
    if (await accounts.checkPassword(user, password)) return { type: "accepted", user };
    return rejected(false, challenge(AUTH_TYPES.basic));
  }
  const isMd5 = credentials?.type === "md5";
  const user = isMd5 ? await findMd5User(request, credentials.digest, accounts) : undefined;
  if (user === undefined && (request.version === "1.0" || (isMd5 && request.failures > 0)))
    return rejected(credentials === undefined, challenge(AUTH_TYPES.basic));
  const chal = await nextChallenge(request.deviceId, accounts, random);
  return user === undefined
    ? rejected(credentials === undefined, chal)
    : { type: "accepted", user, chal };
}

const rejected = (isMissing: boolean, chal: Chal): CredResult => ({
  type: "rejected",
  isMissing,
  chal,
});

async function nextChallenge(
  deviceId: string,
  accounts: Accounts,
  random: (bytes: number) => Uint8Array,
): Promise<Chal> {
  const nonce = withoutZeros(random(NONCE_BYTES));
  await accounts.rotateNonce(deviceId, nonce);
  return challenge(AUTH_TYPES.md5, nonce);
}

/** Quirk(SyncEvolution 2.0.0, Synthesis 3.4): it keeps the nonce as a C string, which a zero byte would cut short. */
const withoutZeros = (bytes: Uint8Array): Uint8Array =>
  bytes.map((byte) => (byte === 0 ? 1 : byte));

/** A client that leaves its name out is tried with the only user there is, if there is only one. */
async function findMd5User(
  { deviceId, name }: CredRequest,
  digest: string,
  accounts: Accounts,
): Promise<string | undefined> {
  const [only, second] = name === undefined ? await accounts.names() : [name];
  if (only === undefined || second !== undefined) return undefined;
  const secret = await accounts.md5Secret(only);
  const { current, previous } = await accounts.nonces(deviceId);
  const nonces = [current, previous].flatMap((nonce) => nonce ?? []);
  const isRight =
    secret !== undefined && nonces.some((nonce) => isSameDigest(md5Digest(secret, nonce), digest));
  return isRight ? only : undefined;
}
