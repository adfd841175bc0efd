import type { ContentType } from "../../syncml/index.ts";
import type { PimKind } from "./kind.ts";

const CALENDAR: readonly ContentType[] = [{ type: "text/calendar", version: "2.0" }];

const MEDIA_TYPES: Readonly<Record<PimKind, readonly ContentType[]>> = {
  contact: [
    { type: "text/vcard", version: "3.0" },
    { type: "text/x-vcard", version: "2.1" },
  ],
  event: CALENDAR,
  task: CALENDAR,
  note: [{ type: "text/plain", version: "1.0" }],
};

/** What we send and take of a kind, the preferred one first. */
export const mediaTypes = (kind: PimKind): readonly ContentType[] => MEDIA_TYPES[kind];

const ours = (kind: PimKind, theirs: ContentType): string | undefined => {
  const type = theirs.type.trim().toLowerCase();
  return mediaTypes(kind).find((own) => own.type === type && fits(own, theirs))?.type;
};

/** vCard 2.1 and 3.0 differ; a peer that leaves the version out, or numbers plain text otherwise, means ours. */
const fits = (own: ContentType, theirs: ContentType): boolean =>
  theirs.version.trim() === own.version ||
  theirs.version.trim() === "" ||
  own.type === "text/plain";

/** The media type to send a kind in: what the peer prefers if it is ours, else the first of ours that it takes, else our
 * first (a peer without DevInf).
 * @param theirRx what the peer takes; may be empty      @param theirPref the type it prefers */
export function chooseMediaType(
  kind: PimKind,
  theirRx: readonly ContentType[],
  theirPref?: ContentType,
): string {
  const preferred = theirPref === undefined ? undefined : ours(kind, theirPref);
  if (preferred !== undefined) return preferred;
  const common = mediaTypes(kind).find((own) =>
    theirRx.some((theirs) => ours(kind, theirs) === own.type),
  );
  return (common ?? mediaTypes(kind)[0])?.type ?? "text/plain";
}
