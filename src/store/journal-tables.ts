/** What happened to one item in a sync; `title` is sealed. The words are those of `src/bridge/item-event.ts`. */
export interface HistoryItemRow {
  history_id: number;
  seq: number;
  side: string;
  asked: string;
  done: string;
  status: number | null;
  luid: string | null;
  record_id: number | null;
  title: Buffer | null;
}

/** The journal of one sync, or undo, that changed a card database. */
export interface JournalRow {
  history_id: number;
  card_uuid: string;
  epoch: string;
  database: number;
  began_ms: number;
  /** The newest change that we knew of before the first write: records made by it have higher numbers. */
  newest_csn: number;
  base: string;
  undo_of: number | null;
  /** 1 once its changes have made room for newer ones. */
  is_pruned: number;
  /** Items that were not written into `history_items`, because there were too many. */
  items_left_out: number;
  /** Number of items in the backup; null where none was made or it has made room. */
  backup_items: number | null;
}

/** One write to the card, decided or done; see `UndoChange` in `src/bridge/undo-plan.ts`. */
export interface JournalChangeRow {
  history_id: number;
  seq: number;
  record_id: number | null;
  hash_before: string | null;
  hash_after: string | null;
  stands_for: number | null;
}

/** A record's former content, sealed; `purpose` is `before` or `backup`. */
export interface KeptContentRow {
  history_id: number;
  purpose: string;
  record_id: number;
  hash: string;
  content: Buffer;
}

export interface JournalTables {
  history_items: HistoryItemRow;
  journals: JournalRow;
  journal_changes: JournalChangeRow;
  kept_contents: KeptContentRow;
}
