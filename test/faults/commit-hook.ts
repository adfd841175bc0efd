import { SqliteDriver } from "kysely";

type CommitTransaction = SqliteDriver["commitTransaction"];

/** What a transaction of this process passes on its way to the disk. */
export interface CommitHook {
  readonly before: () => Promise<void>;
  readonly after: () => Promise<void>;
}

let hook: CommitHook | undefined;
const { commitTransaction } = SqliteDriver.prototype as { commitTransaction: CommitTransaction };

SqliteDriver.prototype.commitTransaction = async function (this: SqliteDriver, connection) {
  await hook?.before();
  await commitTransaction.call(this, connection);
  await hook?.after();
};

/** From now on every transaction's COMMIT calls it; undefined for none. */
export function hookCommits(next: CommitHook | undefined): void {
  hook = next;
}
