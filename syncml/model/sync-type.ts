/** What two sides agree to exchange. The alert codes (200 to 205) live in `spec/alert-codes.ts`. */
export type SyncType =
  | "twoWay"
  | "slow"
  | "oneWayFromClient"
  | "refreshFromClient"
  | "oneWayFromServer"
  | "refreshFromServer";
