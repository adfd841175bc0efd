import type { RecordId } from "../../../../card/commands/ids.ts";
import { CONTACTS, EVENTS, peer, PIN, PUK, text } from "../../../support/card/virtual.ts";
import { FRESH_PIN, FRESH_PUK, type Stage } from "./stage.ts";

/** Properties of a card that are fixed when it is made; a default where absent. */
export interface CardShape {
  readonly headerCount?: number;
  /** At least 16. */
  readonly peerCount?: number;
  readonly initialCsn?: number;
  readonly isTransportPin?: boolean;
}

/** One command that changes a card, and what came before it. */
export interface Scenario {
  readonly name: string;
  readonly card?: CardShape;
  readonly prepare: (stage: Stage) => Promise<unknown>;
  /** In the session of `prepare`. */
  readonly act: (stage: Stage) => Promise<unknown>;
  /** Whether a cut leaves all as it was, or all as it is to be. */
  readonly isOneStep: boolean;
  /** Values besides the old and the new one that an aspect may have after a cut. */
  readonly between?: Readonly<Record<string, readonly string[]>>;
  readonly isOfSecrets?: boolean;
}

const LONG = "long ".repeat(70);
const P = peer(1);
const Q = peer(2);
const FIRST = 1 as RecordId;
const SECOND = 2 as RecordId;
const OLD_LABEL = "o".repeat(31);
const NEW_LABEL = "n".repeat(31);
const nothing = (): Promise<void> => Promise.resolve();

/** Two records and a peer that knows them. */
const settled = async (stage: Stage): Promise<void> => {
  await stage.create(`first ${LONG}`, "second");
  await stage.settle(P);
};

/** A record of which two peers, in different generations, have yet to hear that it is gone. */
const withTombstone = async (stage: Stage): Promise<void> => {
  await settled(stage);
  await stage.settle(Q);
  await stage.card.delete(CONTACTS, FIRST);
};

const WRITES: readonly Scenario[] = [
  {
    name: "CREATE, chained",
    isOneStep: true,
    prepare: settled,
    act: (stage) => stage.create(`third ${LONG}`),
  },
  {
    name: "CREATE without content",
    isOneStep: true,
    prepare: settled,
    act: (stage) => stage.create(""),
  },
  {
    name: "CREATE by a peer in its first sync",
    isOneStep: true,
    prepare: async (stage) => {
      await settled(stage);
      await stage.card.prepareSync(CONTACTS, await stage.start(Q));
    },
    act: (stage) => stage.create("third"),
  },
  {
    name: "UPDATE, chained",
    isOneStep: true,
    prepare: settled,
    act: ({ card }) => card.update(CONTACTS, FIRST, text(`fresh ${LONG}`)),
  },
  {
    name: "UPDATE by a peer, to less",
    isOneStep: true,
    prepare: async (stage) => {
      await settled(stage);
      await stage.start(P);
    },
    act: ({ card }) => card.update(CONTACTS, FIRST, text("less")),
  },
  {
    name: "REVIVE, chained",
    isOneStep: true,
    prepare: withTombstone,
    act: ({ card }) => card.revive(CONTACTS, FIRST, text(`back ${LONG}`)),
  },
  {
    name: "DELETE with peers",
    isOneStep: true,
    prepare: settled,
    act: ({ card }) => card.delete(CONTACTS, FIRST),
  },
  {
    name: "DELETE without peers",
    isOneStep: true,
    prepare: (stage) => stage.create(`first ${LONG}`, "second"),
    act: ({ card }) => card.delete(CONTACTS, FIRST),
  },
  {
    name: "TOUCH of a record",
    isOneStep: true,
    prepare: settled,
    act: ({ card }) => card.touch(CONTACTS, SECOND),
  },
  {
    name: "TOUCH of a tombstone",
    isOneStep: true,
    prepare: withTombstone,
    act: ({ card }) => card.touch(CONTACTS, FIRST),
  },
  {
    name: "PUT LABEL over a label",
    isOneStep: true,
    prepare: ({ card }) => card.putLabel(EVENTS, OLD_LABEL),
    act: ({ card }) => card.putLabel(EVENTS, NEW_LABEL),
  },
  {
    name: "PUT LABEL that takes the label away",
    isOneStep: true,
    prepare: ({ card }) => card.putLabel(CONTACTS, OLD_LABEL),
    act: ({ card }) => card.putLabel(CONTACTS, ""),
  },
];

/** An open sync of P that has written; its proposed object is the last that was named. */
const written = async (stage: Stage): Promise<void> => {
  await stage.start(P);
  await stage.create("written by P");
};

const SYNCS: readonly Scenario[] = [
  {
    name: "PREPARE of a new peer",
    isOneStep: true,
    prepare: settled,
    act: async (stage) => stage.card.prepareSync(CONTACTS, await stage.start(Q)),
  },
  {
    name: "PREPARE over an older pending object",
    isOneStep: true,
    prepare: async (stage) => {
      await settled(stage);
      await stage.card.prepareSync(CONTACTS, await stage.start(P));
    },
    act: async (stage) => stage.card.prepareSync(CONTACTS, await stage.start(P)),
  },
  {
    name: "COMMIT of a first sync",
    isOneStep: true,
    prepare: (stage) => stage.create("first"),
    act: (stage) => stage.settle(P),
  },
  {
    name: "COMMIT that makes current previous",
    isOneStep: true,
    prepare: settled,
    act: (stage) => stage.settle(P),
  },
  {
    name: "COMMIT after writes, with PREPARE",
    isOneStep: true,
    prepare: async (stage) => {
      await settled(stage);
      await stage.card.prepareSync(CONTACTS, await stage.start(P));
      await stage.create("written by P");
    },
    act: (stage) => stage.commit(stage.lastObject),
  },
  {
    name: "COMMIT from the previous generation",
    isOneStep: true,
    prepare: async (stage) => {
      await settled(stage);
      const previous = stage.lastObject;
      await stage.create("third");
      await stage.settle(P);
      await stage.start(P);
      await stage.card.listIds(CONTACTS, previous);
    },
    act: (stage) => stage.commit(stage.lastObject),
  },
  {
    name: "COMMIT of the pending object after a reset",
    isOneStep: true,
    prepare: async (stage) => {
      await settled(stage);
      await stage.card.prepareSync(CONTACTS, await stage.start(P));
      await stage.create("written by P");
      await stage.reset();
    },
    act: (stage) => stage.commit(stage.lastObject),
  },
  {
    name: "COMMIT of the pending object in the next sync",
    isOneStep: true,
    prepare: async (stage) => {
      await settled(stage);
      const pending = await stage.start(P);
      await stage.card.prepareSync(CONTACTS, pending);
      await stage.start(P);
      stage.lastObject = pending;
    },
    act: (stage) => stage.commit(stage.lastObject),
  },
  {
    name: "COMMIT of the current object",
    isOneStep: true,
    prepare: async (stage) => {
      await settled(stage);
      const current = stage.lastObject;
      await written(stage);
      stage.lastObject = current;
    },
    act: (stage) => stage.commit(stage.lastObject),
  },
  {
    name: "ABORT that drops a pending object beside a current one",
    isOneStep: true,
    prepare: async (stage) => {
      await settled(stage);
      await stage.card.prepareSync(CONTACTS, await stage.start(P));
    },
    act: ({ card }) => card.abortSync(CONTACTS, { dropPending: true }),
  },
  {
    name: "ABORT that drops all that a peer has",
    isOneStep: true,
    prepare: async (stage) => {
      await stage.create("first");
      await stage.card.prepareSync(CONTACTS, await stage.start(P));
    },
    act: ({ card }) => card.abortSync(CONTACTS, { dropPending: true }),
  },
];

const fillPeers = async (stage: Stage): Promise<void> => {
  await stage.create("first");
  for (let n = 1; n <= 16; n++) await stage.settle(peer(n));
};

const FORGETTING: readonly Scenario[] = [
  {
    name: "COMMIT that purges tombstones",
    isOneStep: false,
    prepare: async (stage) => {
      await stage.create("first", "second", "third", "fourth");
      await stage.settle(P);
      for (const id of [1, 2, 3]) await stage.card.delete(CONTACTS, id as RecordId);
      await stage.settle(P);
    },
    act: (stage) => stage.settle(P),
  },
  {
    name: "FORGET of one peer, which purges",
    isOneStep: false,
    prepare: async (stage) => {
      await withTombstone(stage);
      await stage.settle(P);
      await stage.settle(P);
    },
    act: ({ card }) => card.forgetPeer(CONTACTS, Q),
  },
  {
    name: "FORGET of all peers",
    isOneStep: false,
    between: { commits: ["1"] },
    prepare: withTombstone,
    act: ({ card }) => card.forgetPeer(CONTACTS),
  },
  {
    name: "PREPARE that takes the stalest peer's entry",
    card: { peerCount: 16 },
    isOneStep: true,
    prepare: fillPeers,
    act: async (stage) =>
      stage.card.prepareSync(CONTACTS, await stage.start(peer(17), { mayEvict: true })),
  },
  {
    name: "COMMIT that takes the stalest peer's entry",
    card: { peerCount: 16 },
    isOneStep: true,
    prepare: fillPeers,
    act: (stage) => stage.settle(peer(17), { mayEvict: true }),
  },
  {
    name: "CREATE that drops previous generations for a header",
    card: { headerCount: 8 },
    isOneStep: false,
    prepare: async (stage) => {
      await stage.create(...EIGHT);
      await stage.settle(P);
      for (const id of [1, 2, 3]) await stage.card.delete(CONTACTS, id as RecordId);
      await stage.settle(P);
    },
    act: (stage) => stage.create(`ninth ${LONG}`),
  },
  {
    name: "CREATE that drops peers for a header",
    card: { headerCount: 8 },
    isOneStep: false,
    between: {
      commits: ["2"],
      [`objects 1/${P}`]: ["object 2, -, -"],
      [`objects 1/${Q}`]: ["object 4, -, -"],
    },
    prepare: async (stage) => {
      await stage.create(...EIGHT);
      for (const tag of [P, Q]) for (let n = 0; n < 2; n++) await stage.settle(tag);
      for (const id of [1, 2]) await stage.card.delete(CONTACTS, id as RecordId);
    },
    act: (stage) => stage.create(`ninth ${LONG}`),
  },
  {
    name: "the CREATE that finds the numbers used up",
    card: { initialCsn: 0xffff_fefb },
    isOneStep: false,
    prepare: async (stage) => {
      const [id] = await stage.create("first", "second");
      await stage.settle(P);
      await stage.settle(Q);
      if (id !== undefined) await stage.card.delete(CONTACTS, id);
      await stage.create("third");
    },
    act: ({ card }) => card.create(CONTACTS, text("fourth")),
  },
];

const EIGHT = ["a", "b", "c", "d", "e", "f", "g", "h"] as const;

const furnished = async (stage: Stage): Promise<void> => {
  await withTombstone(stage);
  await stage.card.putLabel(CONTACTS, "label");
  await stage.start(P);
};

const WIPES: readonly Scenario[] = [
  {
    name: "WIPE by the PIN",
    isOneStep: true,
    prepare: furnished,
    act: ({ card, newIdentity }) => card.wipe(newIdentity.uuid),
  },
  {
    name: "WIPE by the PUK",
    isOneStep: true,
    prepare: async (stage) => {
      await furnished(stage);
      await stage.transport.reset();
      await stage.send("00a4040008f050494d44423101");
      await stage.send(`0020008208${hexOf(PUK)}`);
    },
    act: (stage) => stage.send(`8026574908${stage.newIdentity.uuid}`),
  },
];

const hexOf = (secret: string): string => Buffer.from(secret).toString("hex");

const oneTryLost = async ({ card }: Stage): Promise<void> => {
  await card.verify("0000");
};

const blocked = async ({ card }: Stage): Promise<void> => {
  for (let n = 0; n < 3; n++) await card.verify("0000");
};

/** A try is counted before the secret is compared and given back after a right one, so a cut may cost one. */
const SECRETS: readonly Scenario[] = [
  {
    name: "VERIFY of a wrong PIN",
    isOneStep: true,
    prepare: nothing,
    act: ({ card }) => card.verify("0000"),
  },
  {
    name: "VERIFY of a right PIN after a wrong one",
    isOneStep: false,
    between: { "PIN tries": ["1"] },
    prepare: oneTryLost,
    act: ({ card }) => card.verify(PIN),
  },
  {
    name: "VERIFY of a wrong PUK",
    isOneStep: true,
    prepare: nothing,
    act: (stage) => stage.send(`0020008208${hexOf(FRESH_PUK)}`),
  },
  {
    name: "CHANGE of the PIN",
    isOneStep: false,
    between: { "PIN tries": ["2"] },
    prepare: nothing,
    act: ({ card }) => card.changePin(PIN, FRESH_PIN),
  },
  {
    name: "CHANGE of the PIN by a wrong one",
    isOneStep: true,
    prepare: nothing,
    act: ({ card }) => card.changePin("0000", FRESH_PIN),
  },
  {
    name: "CHANGE of the transport PIN",
    card: { isTransportPin: true },
    isOneStep: false,
    between: { "PIN tries": ["2"] },
    prepare: nothing,
    act: ({ card }) => card.changePin(PIN, FRESH_PIN),
  },
  {
    name: "CHANGE of the PUK",
    isOneStep: false,
    between: { "PUK tries": ["9"] },
    prepare: nothing,
    act: ({ card }) => card.changePuk(PUK, FRESH_PUK),
  },
  {
    name: "UNBLOCK of a blocked PIN",
    isOneStep: false,
    between: { "PUK tries": ["9"] },
    prepare: blocked,
    act: ({ card }) => card.unblockPin(PUK, FRESH_PIN),
  },
  {
    name: "UNBLOCK by a wrong PUK",
    isOneStep: true,
    prepare: blocked,
    act: ({ card }) => card.unblockPin(FRESH_PUK, FRESH_PIN),
  },
];

/** Every command that changes a card, in each of the ways in which it writes. */
export const SCENARIOS: readonly Scenario[] = [
  ...WRITES,
  ...SYNCS,
  ...FORGETTING,
  ...WIPES,
  ...SECRETS.map((scenario) => ({ ...scenario, isOfSecrets: true })),
];
