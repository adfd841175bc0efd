import { type Access, AUTH_SCHEMES, type AuthScheme, md5Secret } from "../../syncml/index.ts";
import { BridgeError } from "../errors.ts";
import type { UserRow } from "./account-tables.ts";
import type { Cipher } from "./cipher.ts";
import { hashPassword } from "./password-hash.ts";

type SecretColumns = Pick<UserRow, "auth" | "password_hash" | "md5_secret" | "password">;

/**
 * What is kept of a password: its hash, and what the schemes of the user need beyond that, sealed.
 * @param auth at least one
 */
export async function secretsOf(
  user: string,
  password: string,
  { auth, cipher }: { readonly auth: readonly AuthScheme[]; readonly cipher: Cipher },
): Promise<SecretColumns> {
  const seal = (text: string, column: string): Uint8Array =>
    cipher.seal(Buffer.from(text, "utf8"), placeOf(column, user));
  const hasSecret = auth.includes("md5") || auth.includes("hmac");
  return {
    auth: auth.join(),
    password_hash: await hashPassword(password),
    md5_secret: hasSecret ? seal(md5Secret(user, password), "md5_secret") : null,
    password: auth.includes("md5-1.0") ? seal(password, "password") : null,
  };
}

/** @throws BridgeError BRIDGE_STORE where a secret belongs to another row, or the key is another one */
export function accessOf(row: UserRow, cipher: Cipher): Access {
  const open = (sealed: Uint8Array, column: string): string =>
    Buffer.from(cipher.open(sealed, placeOf(column, row.name))).toString("utf8");
  return {
    schemes: schemesOf(row),
    ...(row.md5_secret === null ? {} : { md5Secret: open(row.md5_secret, "md5_secret") }),
    ...(row.password === null ? {} : { password: open(row.password, "password") }),
  };
}

export const schemesOf = ({ auth }: Pick<UserRow, "auth">): readonly AuthScheme[] =>
  AUTH_SCHEMES.filter((scheme) => auth.split(",").includes(scheme));

/** Binds a sealed secret to its row, so that it is worth nothing in another user's. */
const placeOf = (column: string, user: string): string => `users.${column}:${user}`;

/** @returns the schemes in the order of the table, each once @throws BridgeError BRIDGE_USAGE for an unknown one, or none */
export function checkedSchemes(names: readonly string[]): readonly AuthScheme[] {
  const unknown = names.find((name) => !AUTH_SCHEMES.some((scheme) => scheme === name));
  if (unknown === undefined && names.length > 0)
    return AUTH_SCHEMES.filter((scheme) => names.includes(scheme));
  const known = AUTH_SCHEMES.join(", ");
  throw new BridgeError("BRIDGE_USAGE", `A user has one or more of these schemes: ${known}.`);
}
