import type { Migration } from "kysely";
import { accounts } from "./0001-accounts.ts";
import { links } from "./0002-links.ts";
import { auth } from "./0003-auth.ts";
import { peerViews } from "./0005-peer-views.ts";
import { undo } from "./0006-undo.ts";
import { clientRole } from "./0007-client-role.ts";
import { peers } from "./0008-peers.ts";

/** Every migration under its number. One that has been released is never changed: add the next one. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  "0001-accounts": accounts,
  "0002-links": links,
  "0003-auth": auth,
  "0005-peer-views": peerViews,
  "0006-undo": undo,
  "0007-client-role": clientRole,
  "0008-peers": peers,
};
