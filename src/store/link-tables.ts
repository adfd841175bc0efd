import type { Generated } from "kysely";

/** A link and its generations; see `src/bridge/link.ts` for what the columns mean. */
export interface LinkRow {
  id: Generated<number>;
  card_uuid: string;
  database: number;
  user: string;
  device: string;
  peer_uri: string;
  generation: number;
  current_object: string | null;
  current_anchor: string | null;
  previous_object: string | null;
  previous_anchor: string | null;
  pending_object: string | null;
  pending_anchor: string | null;
  pending_phase: string | null;
  pending_base: string | null;
  needs_slow: string | null;
  last_sync_ms: number | null;
}

/** One item that the peer holds or is to hold; see `src/bridge/map-row.ts`. */
export interface MapTableRow {
  link_id: number;
  record_id: number;
  luid: string | null;
  received_hash: string | null;
  sent_hash: string | null;
  received_as: string | null;
  sent_as: string | null;
  sent_op: string | null;
  sent_state: string;
  created_gen: number;
  deleted_gen: number | null;
}

/** A write to the card that was decided; kept from before the write until the commit. */
export interface IntentRow {
  link_id: number;
  seq: number;
  luid: string;
  op: string;
  hash: string | null;
  strong_key: string | null;
  before_hash: string | null;
  record_id: number | null;
  is_done: number;
}

/** One record of the local copy of a card's memory; `content` is sealed, null where only the memory may hold it. */
export interface ImageRow {
  card_uuid: string;
  epoch: string;
  database: number;
  record_id: number;
  mod_csn: number;
  crc16: number;
  hash: string;
  strong_key: string;
  content: Buffer;
}

/** One datastore's sync, for people. `counts` is JSON. */
export interface HistoryRow {
  id: Generated<number>;
  started_ms: number;
  ended_ms: number;
  role: string;
  card_uuid: string;
  database: number;
  user: string;
  peer: string;
  datastore: string;
  type_asked: string;
  type_done: string;
  counts: string;
  outcome: string;
  reason: string;
}

/** A SyncML session and its last answer; `reply` and `state` are sealed. */
export interface SessionRow {
  token: string;
  device_id: string;
  session_id: string;
  last_msg_id: number;
  last_request_hash: string;
  reply: Buffer;
  reply_content_type: string;
  /** The value of its x-syncml-hmac; null where it has none. */
  reply_hmac: string | null;
  state: Buffer;
  has_ended: number;
  changed_at_ms: number;
}

export interface LinkTables {
  links: LinkRow;
  map_rows: MapTableRow;
  intents: IntentRow;
  image: ImageRow;
  history: HistoryRow;
  sessions: SessionRow;
}
