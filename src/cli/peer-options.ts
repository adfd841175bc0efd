import { type Command, InvalidArgumentError, Option } from "commander";
import { type DatastoreName, DATASTORE_NAMES } from "../bridge/databases.ts";
import {
  PEER_ENCODINGS,
  type PeerSettings,
  PEER_SYNC_TYPES,
  PEER_VERSIONS,
} from "../peers/peer.ts";
import type { FolderOptions } from "./folder-options.ts";

type Datastores = PeerSettings["datastores"];

/** Options of a peer's settings, as commander gives them; absent where they were not given. */
export interface PeerOptions extends FolderOptions {
  readonly url?: string;
  readonly user?: string;
  readonly passwordStdin?: true;
  /** A datastore without a URI keeps the name that the template, or the peer, has for it. */
  readonly datastore?: readonly (readonly [DatastoreName, string | undefined])[];
  readonly type?: PeerSettings["type"];
  readonly version?: PeerSettings["version"];
  readonly encoding?: PeerSettings["encoding"];
  readonly card?: string;
  readonly caFile?: string;
  readonly mayRefreshCard?: boolean;
}

export function addPeerOptions(command: Command): Command {
  return command
    .option("--url <url>", "the server's SyncML URL")
    .option("--user <name>", "who we are there")
    .option("--password-stdin", "read the password from stdin instead of asking for it")
    .option(
      "--datastore <name=uri>",
      "one of contacts, calendar, tasks, notes, and the server's name for it; may be repeated",
      parseDatastore,
    )
    .addOption(new Option("--type <type>", "what a sync does").choices(PEER_SYNC_TYPES))
    .addOption(new Option("--version <version>", "of SyncML").choices(PEER_VERSIONS))
    .addOption(new Option("--encoding <encoding>", "of messages").choices(PEER_ENCODINGS))
    .option("--card <card>", "the card that goes there, by label or uuid; any: the one present")
    .option("--ca-file <file>", "certificate authorities to trust besides the usual ones; PEM")
    .option("--may-refresh-card", "let the server replace all that the card has")
    .option("--no-may-refresh-card", "do not let it (the default)");
}

/** @returns what was said of settings; nothing else @param names datastores by name, for those given without a URI */
export function settingsIn(options: PeerOptions, names: Datastores): Partial<PeerSettings> {
  const { url, user, datastore, type, version, encoding, caFile, mayRefreshCard } = options;
  return {
    ...(url === undefined ? {} : { url }),
    ...(user === undefined ? {} : { user }),
    ...(datastore === undefined ? {} : { datastores: namedDatastores(datastore, names) }),
    ...(type === undefined ? {} : { type }),
    ...(version === undefined ? {} : { version }),
    ...(encoding === undefined ? {} : { encoding }),
    ...(caFile === undefined ? {} : { caFile: caFile === "" ? null : caFile }),
    ...(mayRefreshCard === undefined ? {} : { mayRefreshCard }),
  };
}

const namedDatastores = (
  given: NonNullable<PeerOptions["datastore"]>,
  names: Datastores,
): Datastores => Object.fromEntries(given.map(([name, uri]) => [name, uri ?? names[name] ?? name]));

function parseDatastore(
  text: string,
  earlier: PeerOptions["datastore"] = [],
): NonNullable<PeerOptions["datastore"]> {
  const [, before, uri] = /^([^=]+)(?:=(.+))?$/s.exec(text) ?? [];
  const name = DATASTORE_NAMES.find((each) => each === before);
  if (name !== undefined) return [...earlier, [name, uri]];
  const known = DATASTORE_NAMES.join(", ");
  throw new InvalidArgumentError(`It begins with one of: ${known}; as in contacts=addressbook.`);
}
