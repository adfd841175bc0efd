import type { AccountTables } from "./account-tables.ts";
import type { JournalTables } from "./journal-tables.ts";
import type { ClientTables } from "./client-tables.ts";
import type { LinkTables } from "./link-tables.ts";
import type { PeerTables } from "./peer-tables.ts";

/** Every table of the store. Times are milliseconds since 1970, truth values 0 or 1, structures JSON text. */
export interface Tables
  extends AccountTables, ClientTables, JournalTables, LinkTables, PeerTables {}
