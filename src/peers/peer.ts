import { z } from "zod";
import { type DatastoreName, DATASTORE_NAMES } from "../bridge/databases.ts";
import { LIMITS } from "../config/limits.ts";

/** What a sync does, as people say it; the card is always our side. */
export const PEER_SYNC_TYPES = [
  "two-way",
  "slow",
  "refresh-card",
  "refresh-peer",
  "one-way-to-card",
  "one-way-to-peer",
] as const;
export type PeerSyncType = (typeof PEER_SYNC_TYPES)[number];

/** `auto` begins with the newest and steps down where the server refuses. */
export const PEER_VERSIONS = ["auto", "1.2", "1.1", "1.0"] as const;
/** `auto` is WBXML, and XML where the server does not take it. */
export const PEER_ENCODINGS = ["auto", "wbxml", "xml"] as const;

const text = (bytes: number): z.ZodString =>
  z
    .string()
    .refine((value) => isLine(value, bytes), `must be one line of 1 to ${String(bytes)} bytes`);

const isLine = (value: string, bytes: number): boolean =>
  value !== "" && Buffer.byteLength(value, "utf8") <= bytes && !/\p{Cc}/u.test(value);

const url = z
  .string()
  .max(LIMITS.peerUrlLength)
  .refine(isHttpUrl, "must be an http or https URL without user, password or fragment");

function isHttpUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const parsed = new URL(value);
  if (!["http:", "https:"].includes(parsed.protocol)) return false;
  return parsed.username === "" && parsed.password === "" && parsed.hash === "";
}

/** A name of a peer, as it is typed in commands. */
export const peerName = z
  .string()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N}._-]*$/u, "has letters, digits, dots, dashes and underscores")
  .max(LIMITS.peerNameLength);

/** All that is set for a peer but its password. */
export const peerSettings = z.strictObject({
  url,
  user: text(LIMITS.userNameBytes),
  /** Where each of the card's datastores goes: the server's LocURI. At least one. */
  datastores: z
    .partialRecord(z.enum(DATASTORE_NAMES as [DatastoreName, ...DatastoreName[]]), text(255))
    .refine((each) => Object.keys(each).length > 0, "at least one datastore is needed"),
  type: z.enum(PEER_SYNC_TYPES),
  version: z.enum(PEER_VERSIONS),
  encoding: z.enum(PEER_ENCODINGS),
  /** The card that goes there; null: the only one that is present. */
  card: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .nullable(),
  /** PEM file of certificate authorities that are trusted for this server, besides the system's. */
  caFile: text(4096).nullable(),
  /** The server may make a sync into a refresh that replaces what the card has. */
  mayRefreshCard: z.boolean(),
});
export type PeerSettings = z.output<typeof peerSettings>;

/** A SyncML server that cards are taken to. */
export interface Peer extends PeerSettings {
  readonly name: string;
  readonly password: string;
}

/** A peer as the operator sees it. */
export interface PeerView extends PeerSettings {
  readonly name: string;
  readonly createdAtMs: number;
}
