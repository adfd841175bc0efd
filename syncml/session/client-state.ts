import type { Encoding } from "../codec/content-type.ts";
import type { DevInf } from "../model/dev-inf.ts";
import type { SyncId } from "../model/ids.ts";
import type { Command, Cred, MetaAnchor, StatusCommand, SyncmlVersion } from "../model/message.ts";
import type { IncomingChunk } from "./incoming-chunk.ts";
import type { MapPair } from "./ports.ts";
import type { OutgoingItem, PeerLimits } from "./server-state.ts";

/** The server's Alert for a datastore, kept until it is answered. */
export interface ServerAlert {
  readonly code: number;
  readonly anchor: MetaAnchor;
  /** Our Status of it, its code still open. */
  readonly status: StatusCommand;
}

/** One of our datastores in a session with a server. */
export interface ClientDatastore {
  /** Our own name, the Source of its Alert. */
  readonly name: string;
  readonly remoteUri: string;
  readonly syncId: SyncId;
  readonly alert: Command;
  /** `alerted`: the server has not answered; `open`: the sync goes on; `over`: it takes no further part. */
  stage: "alerted" | "open" | "over";
  /** The server's Status of our Alert. */
  alertStatus: number | undefined;
  serverAlert: ServerAlert | undefined;
  /** Changes that were pulled and have not left. */
  outbox: readonly OutgoingItem[];
  isPulled: boolean;
  /** Whether a Sync has left, and whether all of it has. */
  hasSync: boolean;
  isSent: boolean;
  /** Number of our changes, for the first Sync. */
  count: number;
  /** Whether the Maps of earlier sessions have left. */
  hasEarlyMaps: boolean;
}

/** What the server's Status of one of our commands is about. */
export type ClientAwaited =
  | { readonly type: "alert" | "sync"; readonly store: ClientDatastore }
  | { readonly type: "item" | "chunk"; readonly store: ClientDatastore; readonly ref: number }
  | { readonly type: "map"; readonly store: ClientDatastore; readonly pairs: readonly MapPair[] };

/** A session with a server, in memory: what has to outlive it is the datastores'. */
export interface ClientState {
  readonly version: SyncmlVersion;
  readonly encoding: Encoding;
  readonly sessionId: string;
  readonly deviceId: string;
  readonly user: string;
  /** The server's address, and where the next message goes: its RespURI, once it gave one. */
  readonly serverUri: string;
  url: string;
  msgId: number;
  peer: PeerLimits;
  cred: Cred | undefined;
  readonly datastores: ClientDatastore[];
  readonly awaited: Map<string, ClientAwaited>;
  /** Owed for what the server has sent; CmdIDs are given when they leave. */
  owed: readonly Command[];
  chunkIn: IncomingChunk | undefined;
  serverDevInf: DevInf | undefined;
}
