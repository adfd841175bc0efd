/**
 * How a user may show who it is. `basic`: name and password; `md5`: the digest of SyncML 1.1 and 1.2; `md5-1.0`: that of
 * 1.0, whose check needs the password itself; `hmac`: a digest of every message, in its transport header.
 */
export const AUTH_SCHEMES = ["basic", "md5", "md5-1.0", "hmac"] as const;
export type AuthScheme = (typeof AUTH_SCHEMES)[number];

/** What a user has who was given nothing else, and what a stranger is answered as if it had. */
export const DEFAULT_AUTH_SCHEMES: readonly AuthScheme[] = ["basic", "md5"];
