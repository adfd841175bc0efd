import type { MediaKind } from "../../card/index.ts";
import type { PimKind } from "../pim/kind.ts";

/** A datastore as peers and people name it. */
export type DatastoreName = "contacts" | "calendar" | "tasks" | "notes";

interface DatastoreSpec {
  readonly kind: PimKind;
  readonly media: MediaKind;
  readonly displayName: string;
  /** Other names under which clients look for it, as found in their manuals. */
  readonly aliases: readonly string[];
}

/** Our datastores. A card database belongs to the datastore of its media kind. */
export const DATASTORES = {
  contacts: {
    kind: "contact",
    media: "contact",
    displayName: "Contacts",
    aliases: ["contact", "card", "scard", "addressbook", "con"],
  },
  calendar: {
    kind: "event",
    media: "event",
    displayName: "Calendar",
    aliases: ["cal", "scal", "event", "events", "calendars"],
  },
  tasks: {
    kind: "task",
    media: "task",
    displayName: "Tasks",
    aliases: ["task", "stask", "todo", "todos"],
  },
  notes: {
    kind: "note",
    media: "note",
    displayName: "Notes",
    aliases: ["note", "snote", "memo", "memos"],
  },
} as const satisfies Record<DatastoreName, DatastoreSpec>;

export const DATASTORE_NAMES = Object.keys(DATASTORES) as readonly DatastoreName[];

const BY_ALIAS = new Map<string, DatastoreName>(
  DATASTORE_NAMES.flatMap((name) =>
    [name, ...DATASTORES[name].aliases].map((alias) => [alias, name] as const),
  ),
);

/** LocURIs are opaque keys, looked up and never used as a path. Longer ones are nobody's. */
const MAX_URI_LENGTH = 1024;

/**
 * Finds the datastore that a peer means: `contacts`, `./contacts`, `/card`, `Contacts?options` …
 * @returns undefined where there is none (Status 404)
 */
export function findDatastore(uri: string): DatastoreName | undefined {
  if (uri.length > MAX_URI_LENGTH) return undefined;
  const path = uri.split("?", 1)[0] ?? "";
  return BY_ALIAS.get(
    path
      .replace(/^\.?\/+/, "")
      .replace(/\/+$/, "")
      .toLowerCase(),
  );
}

/** The datastore that a card database of this media kind is shown as. */
export function datastoreOf(media: MediaKind): DatastoreName {
  const name = DATASTORE_NAMES.find((candidate) => DATASTORES[candidate].media === media);
  if (name === undefined) throw new RangeError(`no datastore for ${media}`);
  return name;
}
