import type { DevInfDatastore, OpenRequest } from "../../syncml/index.ts";
import type { PimKind } from "../pim/kind.ts";
import { chooseMediaType } from "../pim/media-types.ts";

/** The media type that items are sent to this peer in: what its DevInf prefers of what we can write. */
export function mediaTypeFor({
  request,
  kind,
}: {
  readonly request: Pick<OpenRequest, "devInf" | "peerUri">;
  readonly kind: PimKind;
}): string {
  const datastore = datastoreIn(request);
  const rx = [
    ...(datastore?.rxPref === undefined ? [] : [datastore.rxPref]),
    ...(datastore?.rx ?? []),
  ];
  return chooseMediaType(kind, rx, datastore?.rxPref);
}

/** The most characters that the peer's datastore keeps of our names for items; undefined where it does not say. */
export const maxGuidSizeOf = (request: OpenRequest): number | undefined =>
  datastoreIn(request)?.maxGuidSize;

const datastoreIn = ({
  devInf,
  peerUri,
}: Pick<OpenRequest, "devInf" | "peerUri">): DevInfDatastore | undefined =>
  devInf?.datastores.find(({ sourceRef }) => plain(sourceRef) === plain(peerUri));

const plain = (uri: string): string => uri.replace(/^\.?\/+/, "").toLowerCase();
