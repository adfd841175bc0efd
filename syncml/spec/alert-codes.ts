/** Alert codes by which a client asks for a sync, and a server says which. Source: SyncML Sync Protocol 1.1, 5.1. */
export const SYNC_ALERT_CODES = {
  twoWay: 200,
  slow: 201,
  oneWayFromClient: 202,
  refreshFromClient: 203,
  oneWayFromServer: 204,
  refreshFromServer: 205,
} as const;

/** Codes by which a server asks a client to start that sync. A slow sync cannot be asked for so. */
export const SERVER_ALERT_CODES = {
  twoWay: 206,
  oneWayFromClient: 207,
  refreshFromClient: 208,
  oneWayFromServer: 209,
  refreshFromServer: 210,
} as const;

/** The other codes of data synchronization. */
export const ALERT_CODES = {
  display: 100,
  result: 221,
  nextMessage: 222,
  noEndOfData: 223,
  suspend: 224,
  resume: 225,
} as const;
