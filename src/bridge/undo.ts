import { CardError, type PimCard, type RecordId } from "../../card/index.ts";
import { BridgeError } from "../errors.ts";
import { title } from "../pim/title.ts";
import { loadSync, type StoredSync } from "../store/history-store.ts";
import { CardRecords, type ListedVersion } from "./card-records.ts";
import { DATASTORES, datastoreOf, type DatastoreName } from "./databases.ts";
import { planUndo, type UndoStep } from "./undo-plan.ts";
import { UndoRun } from "./undo-run.ts";
import type { ReadyStep, UndoDeps, UndoOutcome, UndoPlace, UndoWatch } from "./undo-step.ts";
import {
  loadFormer,
  loadSuccessors,
  loadUndoSource,
  settleChanges,
  type UndoSource,
} from "./undo-source.ts";

export interface UndoWish {
  /** Number of the sync in the history. */
  readonly sync: number;
  readonly dryRun: boolean;
  /** Also what was changed since that sync. */
  readonly force: boolean;
}

/** One record that is not as it was. */
export interface UndoRow {
  readonly id: number;
  /** `restore`: it was deleted; `replace`: it had another content; `delete`: the sync had added it. */
  readonly what: UndoStep["type"];
  /** "" where nothing can be read. */
  readonly title: string;
  readonly isChangedSince: boolean;
  readonly outcome: UndoOutcome;
}

export interface UndoReport {
  readonly datastore: DatastoreName;
  /** The undo's own number in the history; null where nothing was written. */
  readonly undo: number | null;
  readonly from: "journal" | "backup";
  readonly rows: readonly UndoRow[];
}

/**
 * Puts a card's items back to what they were before a sync, as new changes of nobody's, which every peer gets. Items
 * changed since are left alone unless `force`. An undo that broke off can be asked for again: it goes on.
 * @throws BridgeError BRIDGE_NOT_FOUND for a sync that cannot be undone, BRIDGE_BUSY while a sync runs on the card;
 *   CardError, CARD_ABSENT where the sync's card is not here
 */
export async function undoSync(
  deps: UndoDeps,
  wish: UndoWish,
  watch: UndoWatch = {},
): Promise<UndoReport> {
  const stored = await loadSync(deps.db, wish.sync);
  if (stored === undefined)
    throw new BridgeError(
      "BRIDGE_NOT_FOUND",
      `There is no sync ${String(wish.sync)}; \`cardsync history\` shows all.`,
    );
  const source = await loadUndoSource(deps.db, deps.kept, stored);
  const place = placeOf(deps, stored, source);
  return place.held.run((card) => undoOn(deps, wish, { card, stored, source, place, watch }));
}

interface OnCard {
  readonly card: PimCard;
  readonly stored: StoredSync;
  readonly source: UndoSource;
  readonly place: UndoPlace;
  readonly watch: UndoWatch;
}

async function undoOn(
  deps: UndoDeps,
  { dryRun, force }: UndoWish,
  { card, stored, source, place, watch }: OnCard,
): Promise<UndoReport> {
  if (place.held.isLeased)
    throw new BridgeError("BRIDGE_BUSY", "A sync runs on this card: try again when it has ended.");
  const state = await readCard(card, place);
  const live = state.hashes;
  const steps = planUndo({
    changes: await settleChanges(deps.db, source, live),
    live,
    successors: await loadSuccessors(deps.db, source.place, live),
  });
  const ready = await makeReady(deps, source, steps, state.versions);
  const titles = await titlesOf(card, place, ready);
  const run = new UndoRun(deps, { place, stored, newestCsn: state.newestCsn });
  const isWanted = ({ step }: ReadyStep): boolean => force || !step.isChangedSince;
  const outcomes = dryRun
    ? new Map(ready.map((each) => [each, foreseen(each, isWanted(each))] as const))
    : await run.perform(card, ready, isWanted, watch);
  return {
    datastore: place.datastore,
    undo: run.historyId ?? null,
    from: source.from,
    rows: ready.map((each) => ({
      id: each.step.recordId,
      what: each.step.type,
      title: titles.get(each) ?? "",
      isChangedSince: each.step.isChangedSince,
      outcome: outcomes.get(each) ?? "left alone",
    })),
  };
}

function foreseen({ step, former }: ReadyStep, isWanted: boolean): UndoOutcome {
  if (!isWanted) return "left alone";
  return step.type !== "delete" && former === undefined ? "not kept" : "to be done";
}

function placeOf(deps: UndoDeps, { entry }: StoredSync, { place }: UndoSource): UndoPlace {
  const held = deps.cards
    .list()
    .find(({ uuid, epoch }) => uuid === place.cardUuid && epoch === place.epoch);
  const database = held?.databases.find(({ id }) => id === entry.database);
  if (held === undefined || database === undefined)
    throw new CardError("CARD_ABSENT", "the card of that sync is not here, or was erased since");
  const datastore = datastoreOf(database.media);
  const image = deps.images.of(held, database.id, deps.cipher);
  const records = new CardRecords(image, database.id, DATASTORES[datastore].kind);
  return { held, database: database.id, datastore, image, records };
}

interface CardState {
  readonly hashes: ReadonlyMap<RecordId, string>;
  readonly versions: ReadonlyMap<RecordId, ListedVersion>;
  readonly newestCsn: number;
}

/** What lives now; only what the image lacks is read. */
async function readCard(card: PimCard, { database, records }: UndoPlace): Promise<CardState> {
  const answer = await card.listChanges(database, "everything");
  const changes = answer.type === "listed" ? answer.changes : [];
  const live = changes.filter(({ kind }) => kind !== "deleted");
  const hashes = new Map<RecordId, string>();
  const unreadable: RecordId[] = [];
  for (const [id, { hash }] of await records.know(card, live))
    if (hash === "") unreadable.push(id);
    else hashes.set(id, hash);
  for (const [id, { hash }] of await records.raw(card, unreadable)) hashes.set(id, hash);
  return {
    hashes,
    versions: new Map(live.map((version) => [version.id, version])),
    newestCsn: Math.max(0, ...changes.map(({ modCsn }) => modCsn)),
  };
}

async function makeReady(
  { db, kept }: UndoDeps,
  { historyId }: UndoSource,
  steps: readonly UndoStep[],
  versions: ReadonlyMap<RecordId, ListedVersion>,
): Promise<readonly ReadyStep[]> {
  const keys = steps.flatMap(({ type, key }) => (type === "delete" ? [] : [key]));
  const former = await loadFormer(db, kept, historyId, keys);
  return steps.map((step) => {
    const content = step.type === "delete" ? undefined : former.get(step.key);
    const version = versions.get(step.recordId);
    return {
      step,
      ...(content === undefined ? {} : { former: content }),
      ...(version === undefined ? {} : { version }),
    };
  });
}

/** Of what comes back, or of what goes. */
async function titlesOf(
  card: PimCard,
  { records }: UndoPlace,
  ready: readonly ReadyStep[],
): Promise<ReadonlyMap<ReadyStep, string>> {
  const going = ready.flatMap(({ step }) => (step.type === "delete" ? [step.recordId] : []));
  const present = await records.raw(card, going);
  return new Map(
    ready.map((each) => {
      const content = each.former ?? present.get(each.step.recordId)?.content;
      const item = content === undefined ? undefined : records.itemOf(content);
      return [each, item === undefined ? "" : title(item)] as const;
    }),
  );
}
