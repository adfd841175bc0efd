import type { SyncmlVersion } from "../model/message.ts";
import type { AuthType } from "./credentials.ts";
import type { AuthScheme } from "./schemes.ts";

/** The order in which types are asked for where nothing speaks for another: HMAC last, since few clients know it. */
const PREFERENCE: readonly AuthType[] = ["md5", "basic", "hmac"];

/**
 * What to challenge a client with that was not let in: what it used, where it may; MD5 where it used nothing; and another
 * type after a digest was wrong twice, for its user may have no MD5 secret.
 * @param used the type of its credentials; undefined where it sent none, or some of another type
 * @param failures tries of this session that have failed before
 */
export function chooseChallenge(
  schemes: readonly AuthScheme[],
  version: SyncmlVersion,
  { used, failures }: { readonly used?: AuthType | undefined; readonly failures: number },
): AuthType {
  const allowed = PREFERENCE.filter((type) => isAskedFor(type, schemes, version));
  if (used !== undefined && allowed.includes(used) && !(used === "md5" && failures > 0))
    return used;
  return allowed.find((type) => type !== used) ?? used ?? "basic";
}

/** In 1.0 MD5 means the digest of 1.0, unless the user has nothing better: devices that say 1.0 were found to use either. */
function isAskedFor(
  type: AuthType,
  schemes: readonly AuthScheme[],
  version: SyncmlVersion,
): boolean {
  if (type !== "md5" || version !== "1.0") return schemes.includes(type);
  return schemes.includes("md5-1.0") || (schemes.includes("md5") && !schemes.includes("basic"));
}
