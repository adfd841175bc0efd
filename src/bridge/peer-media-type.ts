import { chooseMediaType } from "../pim/media-types.ts";
import type { SyncContext } from "./sync-context.ts";

/** The media type that items are sent to this peer in: what its DevInf prefers of what we can write. */
export function mediaTypeFor({ request, kind }: SyncContext): string {
  const uri = plain(request.peerUri);
  const datastore = request.devInf?.datastores.find(
    (candidate) => plain(candidate.sourceRef) === uri,
  );
  const rx = [
    ...(datastore?.rxPref === undefined ? [] : [datastore.rxPref]),
    ...(datastore?.rx ?? []),
  ];
  return chooseMediaType(kind, rx, datastore?.rxPref);
}

const plain = (uri: string): string => uri.replace(/^\.?\/+/, "").toLowerCase();
