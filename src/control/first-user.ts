import type { AccountStore } from "../store/accounts.ts";
import { newPassword } from "../store/new-password.ts";

/** A user that was made at the first start; the password is known only here and now. */
export interface NewUser {
  readonly name: string;
  readonly password: string;
}

const FIRST_USER = "me";

/** @returns undefined where there are users already */
export async function createFirstUser(accounts: AccountStore): Promise<NewUser | undefined> {
  if ((await accounts.names()).length > 0) return undefined;
  const user = { name: FIRST_USER, password: newPassword() };
  await accounts.add(user.name, user.password);
  return user;
}
