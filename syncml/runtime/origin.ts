import { readCredentials } from "../auth/credentials.ts";
import { parseHmacHeader, type HmacHeader } from "../auth/hmac.ts";
import type { SyncHdr } from "../model/message.ts";
import type { Attempt } from "../session/ports.ts";

/** Where a message comes from, and what its transport says of it. */
export interface Origin {
  readonly remoteAddress: string;
  /** The message as it came. */
  readonly body: Uint8Array;
  /** What its x-syncml-hmac says; absent where it has none, or one that cannot be read. */
  readonly hmac?: HmacHeader;
}

export function originOf(request: {
  readonly bytes: Uint8Array;
  readonly remoteAddress: string;
  readonly hmac?: string;
}): Origin {
  const { bytes: body, remoteAddress } = request;
  const hmac = request.hmac === undefined ? undefined : parseHmacHeader(request.hmac);
  return { body, remoteAddress, ...(hmac === undefined ? {} : { hmac }) };
}

/** Who wants to come in with a message, as it says. @returns undefined where it has no credentials */
export function attemptOf(
  { source, cred }: SyncHdr,
  { hmac, remoteAddress }: Origin,
): Attempt | undefined {
  if (hmac === undefined && cred === undefined) return undefined;
  const credentials = cred === undefined ? undefined : readCredentials(cred);
  const named = credentials?.type === "basic" ? credentials.user : source.locName;
  return { user: hmac?.user ?? named ?? "", deviceId: source.locUri, remoteAddress };
}
