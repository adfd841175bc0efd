import { type Command, Option } from "commander";
import { OperationError } from "../control/failure.ts";
import type { OperationResults } from "../control/operations.ts";
import { PEER_SYNC_TYPES, type PeerSyncType } from "../peers/peer.ts";
import type { DatastoreResult, PeerSyncOutcome } from "../peers/peer-sync.ts";
import type { CliContext } from "./context.ts";
import { addFolderOptions, type FolderOptions } from "./folder-options.ts";
import { printJson, printTable } from "./output.ts";
import { progressOn } from "./progress.ts";
import { withOperations } from "./with-operations.ts";

interface SyncOptions extends FolderOptions {
  readonly type?: PeerSyncType;
  readonly allowMassDelete?: true;
  readonly json?: true;
}

type Result = OperationResults["peerSync"];

const OUTCOMES = {
  partial: { exitCode: 3, sentence: "Some items could not be synchronized." },
  failed: { exitCode: 1, sentence: "The sync failed." },
  refused: { exitCode: 4, sentence: "The sync was stopped." },
  suspended: { exitCode: 7, sentence: "The sync was suspended; the next one goes on there." },
} as const;
/** The worst of all datastores counts. */
const BY_GRAVITY: readonly PeerSyncOutcome[] = ["failed", "refused", "suspended", "partial", "ok"];

const HELP = `
Types: two-way, slow (compare everything), refresh-card and refresh-peer (that side becomes what the other one is),
one-way-to-card, one-way-to-peer. Without --type it is the peer's.

Control-C suspends: what was exchanged counts, and the next sync goes on there.

Exit codes: 0 done, 1 failed, 3 done but for some items, 4 stopped by a guard (see --allow-mass-delete),
5 no card, 6 the card's PIN, 7 suspended.

Examples:
  cardsync sync home
  cardsync sync home --type slow
  cardsync sync home --json`;

/** `cardsync sync` */
export function addSyncCommand(program: Command, context: CliContext): void {
  addFolderOptions(program.command("sync <peer>"))
    .description("take the card to a peer now")
    .addOption(new Option("--type <type>", "what to do this time").choices(PEER_SYNC_TYPES))
    .option("--allow-mass-delete", "go on although more than half of a side would be deleted")
    .option("--json", "print JSON")
    .addHelpText("after", HELP)
    .action(async (peer: string, options: SyncOptions) => {
      const result = await sync(context, peer, options);
      if (options.json === true) printJson(context.stdout, result);
      else printResult(context, result);
      expectOk(result);
    });
}

async function sync(context: CliContext, peer: string, options: SyncOptions): Promise<Result> {
  const progress = progressOn(context.stderr);
  const stop = new AbortController();
  void context.stopRequested().then(() => {
    stop.abort();
  });
  const type = options.type === undefined ? {} : { type: options.type };
  const args = { peer, mayMassDelete: options.allowMassDelete === true, ...type };
  return withOperations(context, options, (each) =>
    each.peerSync(args, { progress: progress.show, signal: stop.signal }),
  ).finally(progress.clear);
}

function printResult({ stdout }: CliContext, result: Result): void {
  const heading = ["DATASTORE", "TYPE", "TO SERVER", "TO CARD", "OUTCOME", "REASON"];
  printTable(stdout, heading, result.datastores.map(toRow));
}

const toRow = (each: DatastoreResult): readonly string[] => [
  each.datastore,
  each.type,
  formatCounts(each.sent),
  formatCounts(each.received),
  each.outcome,
  each.reason,
];

const formatCounts = ({ added, changed, deleted, failed }: DatastoreResult["sent"]): string =>
  [added, changed, deleted, failed].join("/");

/** @throws OperationError with the exit code that scripts look at */
function expectOk({ datastores, failure }: Result): void {
  if (failure !== undefined)
    throw new OperationError({ message: failure.reason, exitCode: OUTCOMES.failed.exitCode });
  const worst = BY_GRAVITY.find((outcome) => datastores.some((each) => each.outcome === outcome));
  if (worst === undefined || worst === "ok") return;
  const { exitCode, sentence } = OUTCOMES[worst];
  const reason = datastores.find(({ outcome }) => outcome === worst)?.reason ?? "";
  throw new OperationError({
    message: reason === "" ? sentence : `${sentence} ${reason}`,
    exitCode,
  });
}
