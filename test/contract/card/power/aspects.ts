import { triesLeft } from "../../../../card/apdu/status-word.ts";
import { PimCard } from "../../../../card/client/pim-card.ts";
import { DATABASE_COUNT, toDatabaseId } from "../../../../card/commands/ids.ts";
import type { DatabaseId, RecordId } from "../../../../card/commands/ids.ts";
import { PIN, PUK } from "../../../support/card/virtual.ts";
import { FRESH_PIN, FRESH_PUK, type Pair, type Stage } from "./stage.ts";

/** Everything that a host can see of a card, each thing under a name of its own; what is not there has no name. */
export type Aspects = ReadonlyMap<string, string>;

/** A card that was looked at, unlocked. */
export interface Observed {
  readonly aspects: Aspects;
  readonly card: PimCard;
  /** Contents that live, by `db/id`. */
  readonly contents: ReadonlyMap<string, string>;
}

/** Looks at a card that has just been powered up. Afterwards the PIN is verified and no sync is open. */
export const observe = async (stage: Stage): Promise<Observed> => {
  const card = await PimCard.open(stage.transport);
  const aspects = new Map<string, string>();
  const contents = new Map<string, string>();
  aspects.set("transport PIN", String(card.info.pinState.isTransport));
  aspects.set("PIN tries", String(await card.pinTries()));
  aspects.set("PUK tries", String(await pukTries(stage)));
  aspects.set("PIN", await unlock(card));
  aspects.set("PUK", await rightPuk(stage));
  await observeCard(stage, card, aspects);
  for (const db of DATABASES) await observeDatabase(card, db, { aspects, contents });
  for (const pair of stage.pairs) await observePair(stage, card, pair, aspects);
  return { aspects, card, contents };
};

const DATABASES = Array.from({ length: DATABASE_COUNT }, (_, index) => toDatabaseId(index + 1));

const pukTries = async (stage: Stage): Promise<number> => {
  const answer = await stage.send("00200082");
  return triesLeft(Number.parseInt(answer, 16)) ?? 0;
};

/** @returns which PIN opens the card; a blocked one is opened by the PUK */
const unlock = async (card: PimCard): Promise<string> => {
  if ((await card.pinTries()) === 0) {
    for (const puk of [PUK, FRESH_PUK]) await card.unblockPin(puk, PIN);
    await card.verify(PIN);
    return "blocked";
  }
  for (const pin of [PIN, FRESH_PIN]) {
    if ((await card.verify(pin)).type === "verified") return pin;
  }
  return "none";
};

const rightPuk = async (stage: Stage): Promise<string> => {
  for (const puk of [PUK, FRESH_PUK]) {
    const hex = Buffer.from(puk).toString("hex");
    if ((await stage.send(`0020008208${hex}`)) === "9000") return puk;
  }
  return "none";
};

const observeCard = async (
  stage: Stage,
  card: PimCard,
  aspects: Map<string, string>,
): Promise<void> => {
  const { uuid, epoch } = await card.identity();
  const { csn, commits } = await card.counters();
  aspects.set("uuid", uuid === stage.newIdentity.uuid ? "first" : "another");
  aspects.set("epoch", epoch === stage.newIdentity.epoch ? "first" : "another");
  aspects.set("csn", String(csn));
  aspects.set("commits", String(commits));
  for (const { id, label } of await card.databases()) aspects.set(`label ${String(id)}`, label);
  for (const peer of await card.peers()) {
    const { seenCsn, commits: own, slot } = peer;
    aspects.set(`peer ${String(peer.db)}/${peer.peerTag}`, [slot, seenCsn, own].join(" "));
  }
};

const observeDatabase = async (
  card: PimCard,
  db: DatabaseId,
  { aspects, contents }: { aspects: Map<string, string>; contents: Map<string, string> },
): Promise<void> => {
  const nameOf = (id: RecordId): string => `${String(db)}/${String(id)}`;
  for await (const { id, content } of card.readImage(db)) {
    contents.set(nameOf(id), new TextDecoder().decode(content));
  }
  for (const [name, content] of contents) aspects.set(`content ${name}`, content);
  const listed = await card.listChanges(db, "everything");
  if (listed.type !== "listed") throw new Error(listed.type);
  for (const { id, kind, modCsn, crc16 } of listed.changes) {
    aspects.set(`header ${nameOf(id)}`, [kind, modCsn, crc16].join(" "));
  }
};

/** What the card would tell a peer next. */
const observePair = async (
  stage: Stage,
  card: PimCard,
  { db, tag }: Pair,
  aspects: Map<string, string>,
): Promise<void> => {
  const name = `${String(db)}/${tag}`;
  const { current, previous, pending } = await card.startSync(db, tag, { mayEvict: false });
  const objects = [current, previous, pending].map((object) => stage.nameOf(object));
  if (current ?? previous ?? pending) aspects.set(`objects ${name}`, objects.join(", "));
  for (const [role, object] of Object.entries({ current, previous })) {
    if (object === undefined) continue;
    const listed = await card.listIds(db, object);
    if (listed.type !== "listed") throw new Error(listed.type);
    aspects.set(`list ${name} since ${role}`, JSON.stringify(listed.changes));
  }
  await card.abortSync(db);
};
