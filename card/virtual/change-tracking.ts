import { toCsn, toRecordId } from "../commands/ids.ts";
import type { ListedChange } from "../commands/list-changes.ts";
import type { RecordHeader } from "./header-table.ts";

/** What one peer may be told in one sync. All of it follows from the card's change counter; PROTOCOL.md section 4. */
export interface ChangeView {
  /** The peer's slot, 0 for nobody. */
  readonly slot: number;
  /** The card's counter when the sync was opened: what is later belongs to the next one. */
  readonly snapCsn: number;
  /** The generation that the sync starts from; both 0 for everything. */
  readonly base: { readonly seenCsn: number; readonly ownCsn: number };
  /** The peer's own writes up to here are committed, or are not its own. */
  readonly committedCsn: number;
}

/** Whether the record differs from the base by something that this peer did not do and commit itself. */
export const isListed = (header: RecordHeader, view: ChangeView): boolean =>
  header.modCsn > view.base.seenCsn &&
  header.modCsn <= view.snapCsn &&
  !(isOwn(header.origin, view) && header.modCsn <= view.base.ownCsn);

/** @returns the record as LIST CHANGES tells it; call it for listed ones only */
export const toListedChange = (header: RecordHeader, view: ChangeView): ListedChange => ({
  id: toRecordId(header.id),
  kind: kindOf(header, view),
  isOwnUncommitted: isOwn(header.origin, view) && header.modCsn > view.committedCsn,
  isOwnCreationUncommitted: isOwn(header.creator, view) && header.id > view.committedCsn,
  modCsn: toCsn(header.modCsn),
  crc16: header.crc16,
});

/** Whether somebody else changed the record after the sync was opened: a write would hide that for ever. */
export const isChangedByOthers = (
  header: RecordHeader,
  sync: { readonly slot: number; readonly snapCsn: number },
): boolean => header.modCsn > sync.snapCsn && !isOwn(header.origin, sync);

const kindOf = (header: RecordHeader, view: ChangeView): ListedChange["kind"] => {
  if (header.state === "tombstone") return "deleted";
  const isKnown =
    header.id <= view.base.seenCsn ||
    (isOwn(header.creator, view) && header.id <= view.base.ownCsn);
  return isKnown ? "modified" : "added";
};

const isOwn = (slot: number, view: { readonly slot: number }): boolean =>
  view.slot !== 0 && slot === view.slot;
