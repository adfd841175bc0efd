/** A guard stops the sync: nothing of what it would have done was done, and a person may allow it. */
export class SyncStopped extends Error {
  override readonly name = "SyncStopped";
}
