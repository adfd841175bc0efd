/** An item that a server added, under its number and the record's; see `src/bridge/client/map-lists.ts`. */
export interface ServerMapRow {
  readonly link_id: number;
  readonly guid: string;
  readonly record_id: number;
  readonly state: string;
}

/** A record that a server says it does not have. */
export interface ServerMissingRow {
  readonly link_id: number;
  readonly record_id: number;
}

/** Tables of `0007-client-role.ts`. */
export interface ClientTables {
  readonly server_maps: ServerMapRow;
  readonly server_missing: ServerMissingRow;
}
