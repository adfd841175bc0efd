import { chooseChallenge } from "../auth/choose-challenge.ts";
import {
  challenge,
  isSameDigest,
  md5Digest,
  md5DigestOf10,
  readCredentials,
  type Credentials,
} from "../auth/credentials.ts";
import { hmacOf } from "../auth/hmac.ts";
import type { Chal, Cred, SyncmlVersion } from "../model/message.ts";
import type { CredResult } from "../session/effects.ts";
import type { Access, Accounts, Attempt } from "../session/ports.ts";
import type { Origin } from "./origin.ts";

const NONCE_BYTES = 16;

export interface CredRequest {
  readonly cred?: Cred;
  readonly deviceId: string;
  /** The user's name as the header's Source/LocName gives it; only digests need it. */
  readonly name?: string;
  /** The user of a session that is under way: nobody else can go on with it, and only by HMAC. */
  readonly bound?: string;
  readonly version: SyncmlVersion;
  /** Tries of this session that have failed. */
  readonly failures: number;
}

/** What checking needs of the service. */
export interface CredPorts {
  readonly accounts: Accounts;
  readonly random: (bytes: number) => Uint8Array;
}

/** A digest of either kind; `of` says what it has to be, for a user and under a nonce. */
interface Digest {
  readonly text: string;
  readonly of: (access: Secrets, nonce: Uint8Array) => readonly string[];
}

interface Secrets extends Access {
  readonly user: string;
}

type Proof = Credentials | { readonly type: "hmac"; readonly user: string; readonly mac: string };

/**
 * Checks a message's credentials: a Cred, or the HMAC of its transport. A nonce is good for one digest that is right, and
 * the next one goes out with the answer; should that be lost, the old one is good once more (see `Nonces` of the ports). Whoever
 * is not let in is challenged with the nonce that is current, which changes nothing: else strangers could make the nonces
 * of others stale.
 */
export async function verifyCred(
  request: CredRequest,
  { accounts, random }: CredPorts,
  origin: Origin,
): Promise<CredResult> {
  const proof = proofOf(request, origin);
  const used = proof === undefined || proof.type === "unknown" ? undefined : proof.type;
  const user = await userOf(request, proof, accounts);
  const access = await accounts.access(user ?? "");
  const next = withoutZeros(random(NONCE_BYTES));
  const secrets = { ...access, user: user ?? "" };
  const letIn = await check(request, { proof, secrets, next, origin }, accounts);
  if (proof !== undefined)
    accounts.noteCheck(attemptOf(request, proof, origin), letIn !== undefined);
  if (letIn !== undefined) return letIn;
  const type =
    request.bound === undefined
      ? chooseChallenge(access.schemes, request.version, { used, failures: request.failures })
      : "hmac";
  const nonce = type === "basic" ? undefined : await accounts.offerNonce(request.deviceId, next);
  return { type: "rejected", isMissing: proof === undefined, chal: challenge(type, nonce) };
}

/** As it was admitted: by the name that was claimed. */
const attemptOf = ({ deviceId, name }: CredRequest, proof: Proof, origin: Origin): Attempt => ({
  user: "user" in proof ? proof.user : (name ?? ""),
  deviceId,
  remoteAddress: origin.remoteAddress,
});

function proofOf({ cred, bound }: CredRequest, { hmac }: Origin): Proof | undefined {
  if (hmac !== undefined) return { type: "hmac", ...hmac };
  return cred === undefined || bound !== undefined ? undefined : readCredentials(cred);
}

/** A client that leaves its name out is taken for the only user there is, if there is only one. */
async function userOf(
  { name, bound }: CredRequest,
  proof: Proof | undefined,
  accounts: Accounts,
): Promise<string | undefined> {
  if (bound !== undefined) return bound;
  const named = proof !== undefined && "user" in proof ? proof.user : name;
  if (named !== undefined) return named;
  const [only, second] = await accounts.names();
  return second === undefined ? only : undefined;
}

interface Check {
  readonly proof: Proof | undefined;
  readonly secrets: Secrets;
  /** The nonce for the time after. */
  readonly next: Uint8Array;
  readonly origin: Origin;
}

/** @returns undefined where the peer is not let in */
async function check(
  request: CredRequest,
  { proof, secrets, next, origin }: Check,
  accounts: Accounts,
): Promise<CredResult | undefined> {
  if (proof === undefined || proof.type === "unknown") return undefined;
  const { user } = secrets;
  if (proof.type === "basic") {
    const isRight = await accounts.checkPassword(user, proof.password);
    return isRight ? accepted(request, { user, holds: "session" }, accounts) : undefined;
  }
  if (proof.type === "hmac" && proof.user !== user) return undefined;
  const digest =
    proof.type === "hmac" ? hmacDigest(proof.mac, origin) : md5DigestIn(proof.digest, request);
  const chal = await useNonce(request.deviceId, { digest, secrets, next, origin }, accounts);
  if (chal === undefined) return undefined;
  const holds = proof.type === "hmac" ? "message" : "session";
  return accepted(request, { user, holds, chal: challenge(proof.type, chal) }, accounts);
}

async function accepted(
  { deviceId }: CredRequest,
  result: { readonly user: string; readonly holds: "session" | "message"; readonly chal?: Chal },
  accounts: Accounts,
): Promise<CredResult> {
  const own = await accounts.ownCredentials(result.user, deviceId);
  return { type: "accepted", ...result, canIdentify: own !== undefined };
}

/** Both forms in 1.0, as far as the user's secrets allow them: devices that say 1.0 were found to use either. */
const md5DigestIn = (text: string, { version }: CredRequest): Digest => ({
  text,
  of: ({ user, schemes, md5Secret, password }, nonce) => [
    ...(schemes.includes("md5") && md5Secret !== undefined ? [md5Digest(md5Secret, nonce)] : []),
    ...(version === "1.0" && password !== undefined ? [md5DigestOf10(user, password, nonce)] : []),
  ],
});

const hmacDigest = (text: string, { body }: Origin): Digest => ({
  text,
  of: ({ schemes, md5Secret }, nonce) =>
    schemes.includes("hmac") && md5Secret !== undefined ? [hmacOf(md5Secret, nonce, body)] : [],
});

/** Uses up the nonce that a digest is right for. @returns the next one; undefined where it is right for none */
async function useNonce(
  deviceId: string,
  { digest, secrets, next, origin }: Omit<Check, "proof"> & { readonly digest: Digest },
  accounts: Accounts,
): Promise<Uint8Array | undefined> {
  const nonces = await accounts.nonces(deviceId);
  const isRight = (nonce: Uint8Array | undefined): nonce is Uint8Array =>
    nonce !== undefined &&
    digest.of(secrets, nonce).some((each) => isSameDigest(each, digest.text));
  const { remoteAddress } = origin;
  if (isRight(nonces?.current))
    return accounts.useNonce(deviceId, nonces.current, { next, remoteAddress });
  return isRight(nonces?.used)
    ? accounts.reuseNonce(deviceId, nonces.used, remoteAddress)
    : undefined;
}

/** Quirk(SyncEvolution 2.0.0, Synthesis 3.4): it keeps the nonce as a C string, which a zero byte would cut short. */
const withoutZeros = (bytes: Uint8Array): Uint8Array =>
  bytes.map((byte) => (byte === 0 ? 1 : byte));
