import { ownCred } from "../auth/credentials.ts";
import { formatHmacHeader, hmacOf } from "../auth/hmac.ts";
import { md5Secret } from "../auth/credentials.ts";
import type { Cred } from "../model/message.ts";
import type { ServerEffect } from "../session/effects.ts";
import type { Accounts } from "../session/ports.ts";
import type { ServerState } from "../session/server-state.ts";
import type { ServerLog } from "./log.ts";

/** What showing who we are needs of the service. */
export interface IdentityPorts {
  readonly accounts: Accounts;
  readonly log?: ServerLog;
}

/** The credentials that a peer asks of us. @returns undefined for HMAC, and where none are set, which the log says */
export async function identify(
  { user, deviceId, version, chal }: Extract<ServerEffect, { readonly type: "identify" }>,
  { accounts, log }: IdentityPorts,
): Promise<Cred | undefined> {
  const own = await accounts.ownCredentials(user, deviceId);
  if (own === undefined)
    log?.warn(
      { user, device: deviceId },
      "a device asks who we are, and no credentials are set for it",
    );
  if (own === undefined || chal.type === "hmac") return undefined;
  return ownCred(chal.type, own, { version, nonce: Buffer.from(chal.nonce, "base64") });
}

/** What x-syncml-hmac says of an answer. @returns undefined where the peer does not want it, or none can be made */
export async function hmacHeaderFor(
  { user, deviceId, own }: ServerState,
  body: Uint8Array,
  accounts: Accounts,
): Promise<string | undefined> {
  if (user === undefined || own?.type !== "hmac") return undefined;
  const credentials = await accounts.ownCredentials(user, deviceId);
  if (credentials === undefined) return undefined;
  const { name, password } = credentials;
  const mac = hmacOf(md5Secret(name, password), Buffer.from(own.nonce, "base64"), body);
  return formatHmacHeader({ user: name, mac });
}
