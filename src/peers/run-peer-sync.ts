import { readFileSync } from "node:fs";
import {
  ClientFailure,
  type ClientPorts,
  type DevInf,
  type Encoding,
  runClientSession,
  type SyncmlVersion,
  type SyncType,
} from "../../syncml/index.ts";
import type { Bridge } from "../bridge/bridge.ts";
import type { CardOnServer, ServerSyncResult } from "../bridge/client/card-on-server.ts";
import { type DatastoreName, DATASTORE_NAMES } from "../bridge/databases.ts";
import { LIMITS } from "../config/limits.ts";
import { BridgeError } from "../errors.ts";
import { httpPost } from "./http-post.ts";
import { ownDevInf } from "./own-dev-inf.ts";
import type { Peer, PeerSyncType } from "./peer.ts";
import type { DatastoreResult, PeerSyncRequest, PeerSyncResult, RunPeerSync } from "./peer-sync.ts";

/** The card is the client: what makes it like the peer comes from the server. */
const TYPES: Readonly<Record<PeerSyncType, SyncType>> = {
  "two-way": "twoWay",
  slow: "slow",
  "refresh-card": "refreshFromServer",
  "refresh-peer": "refreshFromClient",
  "one-way-to-card": "oneWayFromServer",
  "one-way-to-peer": "oneWayFromClient",
};

/** The pending object, the current one, a slow sync: three sessions at most. */
const MAX_SESSIONS = 4;

/** Takes cards to SyncML servers over HTTP. */
export function peerSyncRunner(bridge: Pick<Bridge, "toServer">): RunPeerSync {
  return async (request, run) => {
    const { peer, card } = request;
    const said: { devInf?: DevInf } = {};
    const local = bridge.toServer({
      held: card,
      url: peer.url,
      user: peer.user,
      policy: "newest",
      consent: {
        mayRefreshCard: mayRefresh(request),
        mayDeleteMany: request.mayMassDelete || isRefresh(request),
      },
      devInf: () => said.devInf,
    });
    const count = { bytesSent: 0, bytesReceived: 0 };
    let failure: ClientFailure | undefined;
    try {
      const ports: ClientPorts = {
        post: httpPost(caOf(peer)),
        local,
        count,
        onDevInf: (devInf) => {
          said.devInf = devInf;
        },
        ...(run.signal === undefined ? {} : { signal: run.signal }),
        progress: ({ datastore, ...rest }) =>
          run.progress?.({ datastore: nameOf(datastore), ...rest }),
      };
      await speak(request, ports);
    } catch (error) {
      if (!(error instanceof ClientFailure)) throw error;
      failure = error;
    } finally {
      await local.giveUp(failure?.message ?? "the run is over");
    }
    return resultOf(local, count, failure);
  };
}

/** What a person asks for, or has allowed for good. */
const mayRefresh = ({ peer, type }: PeerSyncRequest): boolean =>
  peer.mayRefreshCard || type === "refresh-card";

/** Who asks for one side to be replaced means it. */
const isRefresh = ({ type }: PeerSyncRequest): boolean => type.startsWith("refresh");

const nameOf = (name: string | undefined): DatastoreName | undefined =>
  DATASTORE_NAMES.find((each) => each === name);

/** @throws BridgeError BRIDGE_CONFIG where the file cannot be read */
function caOf({ caFile }: Peer): { readonly ca?: string } {
  if (caFile === null) return {};
  try {
    return { ca: readFileSync(caFile, "utf8") };
  } catch (cause) {
    throw new BridgeError("BRIDGE_CONFIG", `The file ${caFile} cannot be read.`, { cause });
  }
}

/** Newest first; what the server refuses for its version or encoding is said again in the next way. */
async function speak(request: PeerSyncRequest, ports: ClientPorts): Promise<void> {
  const ways = waysOf(request.peer);
  for (const [at, way] of ways.entries()) {
    try {
      await speakInOneWay(request, ports, way);
      return;
    } catch (error) {
      const isLast = at === ways.length - 1;
      if (isLast || !(error instanceof ClientFailure) || error.code !== "version") throw error;
    }
  }
}

interface Way {
  readonly version: SyncmlVersion;
  readonly encoding: Encoding;
}

function waysOf({ version, encoding }: Peer): readonly Way[] {
  const versions = version === "auto" ? (["1.2", "1.1", "1.0"] as const) : [version];
  const encodings = encoding === "auto" ? (["wbxml", "xml"] as const) : [encoding];
  return versions.flatMap((each) => encodings.map((one) => ({ version: each, encoding: one })));
}

async function speakInOneWay(
  request: PeerSyncRequest,
  ports: ClientPorts,
  way: Way,
): Promise<void> {
  const { peer, card, type } = request;
  const options = {
    ...way,
    url: peer.url,
    deviceId: card.uuid,
    user: peer.user,
    password: peer.password,
    maxMsgSizeBytes: LIMITS.maxMsgSizeBytes,
    maxObjSizeBytes: LIMITS.maxObjSizeBytes,
    datastores: Object.entries(peer.datastores).map(([name, remoteUri]) => ({
      name,
      remoteUri,
      syncType: TYPES[type],
    })),
    devInf: (version: SyncmlVersion) => ownDevInf(card, version),
  };
  for (let session = 1; session <= MAX_SESSIONS; session += 1)
    if ((await runClientSession(options, ports)) === "done") return;
  throw new ClientFailure("server", "The server asks for another sync again and again.");
}

function resultOf(
  local: CardOnServer,
  count: { readonly bytesSent: number; readonly bytesReceived: number },
  failure: ClientFailure | undefined,
): PeerSyncResult {
  const isStopped = failure?.code === "stopped";
  const last = new Map(local.results().map((result) => [result.datastore, result]));
  return {
    datastores: [...last.values()].map((result) => toResult(result, isStopped)),
    ...count,
    ...(failure === undefined || isStopped
      ? {}
      : { failure: { reason: failure.message, isTemporary: failure.isTemporary } }),
  };
}

function toResult(result: ServerSyncResult, isStopped: boolean): DatastoreResult {
  const { datastore, typeDone, sent, received, outcome, reason } = result;
  const isSuspended = isStopped && outcome !== "ok" && outcome !== "partial";
  const plain = outcome === "stopped" ? "refused" : outcome === "interrupted" ? "failed" : outcome;
  return {
    datastore,
    type: typeDone,
    sent,
    received,
    outcome: isSuspended ? "suspended" : plain,
    reason,
  };
}
