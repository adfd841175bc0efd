import type { DevInfDatastore, OpenRequest } from "../../syncml/index.ts";
import type { PimKind } from "../pim/kind.ts";
import { chooseMediaType, mediaTypes } from "../pim/media-types.ts";
import { peerProfile, type PeerProfile } from "../pim/merge/peer-profile.ts";

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

/**
 * @param mediaType that the item came in, or goes out in
 * @returns what the peer keeps of an item; undefined where its DevInf does not say
 */
export function profileFor(
  { request, kind }: { readonly request: OpenRequest; readonly kind: PimKind },
  mediaType: string,
): PeerProfile | undefined {
  const told = [...(datastoreIn(request)?.ctCaps ?? []), ...(request.devInf?.ctCaps ?? [])];
  const types = [mediaType, ...mediaTypes(kind).map(({ type }) => type)].map(bare);
  const [cap] = types.flatMap((type) => told.filter(({ ctType }) => bare(ctType) === type));
  return cap === undefined ? undefined : peerProfile(cap);
}

const bare = (mediaType: string): string => (mediaType.split(";")[0] ?? "").trim().toLowerCase();
