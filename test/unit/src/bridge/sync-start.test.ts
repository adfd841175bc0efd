import { describe, expect, it } from "vitest";
import type { SyncObject } from "../../../../card/index.ts";
import type { Link, Pending } from "../../../../src/bridge/link.ts";
import { decideStart, type CardObjects } from "../../../../src/bridge/sync-start.ts";
import type { SyncType } from "../../../../syncml/index.ts";

const object = (name: string): SyncObject => name as SyncObject;
const [O1, O2, O3, FOREIGN] = ["o1", "o2", "o3", "ff"].map(object) as [
  SyncObject,
  SyncObject,
  SyncObject,
  SyncObject,
];

const sides = { id: 1, cardUuid: "c", database: 1, user: "u", device: "d", peerUri: "./contacts" };
const pending = (phase: Pending["phase"], base: Pending["base"] = "current"): Pending => ({
  object: O3,
  peerAnchor: "n3",
  phase,
  base,
});

/** A link whose sides finished sync 1 and sync 2. */
const link: Link = {
  ...sides,
  generation: 2,
  current: { object: O2, peerAnchor: "n2" },
  previous: { object: O1, peerAnchor: "n1" },
};
const card: CardObjects = { current: O2, previous: O1 };

function decide(
  last: string | undefined,
  facts: { readonly link?: Link; readonly card?: CardObjects; readonly asked?: SyncType } = {},
): string {
  const decision = decideStart({
    asked: facts.asked ?? "twoWay",
    ...(last === undefined ? {} : { last }),
    link: facts.link ?? link,
    card: facts.card ?? card,
  });
  if (decision.type === "compareAll") return decision.isAskedFor ? "asked" : "slow";
  return `${decision.base}${decision.commitPending ? " after commit" : ""} of ${String(decision.link.generation)}`;
}

describe("decideStart: the table of architecture section 2, server role", () => {
  it("starts fast where both sides finished the last sync", () => {
    expect(decide("n2")).toBe("current of 2");
  });

  it("goes back one generation where our last answer was lost", () => {
    expect(decide("n1")).toBe("previous of 2");
  });

  it("needs the card to keep the previous object for that", () => {
    expect(decide("n1", { card: { current: O2 } })).toBe("slow");
    expect(decide("n1", { card: { current: O2, previous: FOREIGN } })).toBe("slow");
  });

  it("takes the current object for the previous one where both are one (one-way from the peer)", () => {
    const oneWay: Link = { ...link, previous: { object: O2, peerAnchor: "n1" } };
    expect(decide("n1", { link: oneWay, card: { current: O2 } })).toBe("previous of 2");
  });

  it("rolls the link forward where we died between the card's commit and our own", () => {
    const died: Link = { ...link, pending: pending("committing") };
    const committed: CardObjects = { current: O3, previous: O2 };
    expect(decide("n3", { link: died, card: committed })).toBe("current of 3");
    expect(decide("n2", { link: died, card: committed })).toBe("previous of 3");
    expect(decide("n1", { link: died, card: committed })).toBe("slow");
  });

  it.each(["received", "committing"] as const)(
    "commits the pending object first where the client finished and we died %s",
    (phase) => {
      const died: Link = { ...link, pending: pending(phase) };
      expect(decide("n3", { link: died, card: { ...card, pending: O3 } })).toBe(
        "current after commit of 2",
      );
    },
  );

  it.each(["preparing", "prepared"] as const)(
    "does not believe a client that claims a sync we were still %s",
    (phase) => {
      const died: Link = { ...link, pending: pending(phase) };
      expect(decide("n3", { link: died, card: { ...card, pending: O3 } })).toBe("slow");
    },
  );

  it("starts from the current object where neither side finished the pending sync", () => {
    const died: Link = { ...link, pending: pending("received") };
    expect(decide("n2", { link: died, card: { ...card, pending: O3 } })).toBe("current of 2");
  });

  it("is slow where the card lost a prepared sync, and not where it was not prepared yet", () => {
    expect(decide("n2", { link: { ...link, pending: pending("prepared") } })).toBe("slow");
    expect(decide("n2", { link: { ...link, pending: pending("preparing") } })).toBe("current of 2");
    expect(decide("n3", { link: { ...link, pending: pending("received") } })).toBe("slow");
  });

  it.each([
    ["a foreign object", { current: FOREIGN, previous: O1 }],
    ["none", {}],
    ["one of ours in the wrong place", { current: O1 }],
  ] as const)("is slow where the card holds %s", (_, objects) => {
    for (const last of ["n1", "n2"]) expect(decide(last, { card: objects })).toBe("slow");
  });

  it.each([undefined, "", "0", "00000000T000000Z", "n0", "N2", " n2"])(
    "is slow for the client's anchor %j",
    (last) => {
      expect(decide(last)).toBe("slow");
    },
  );

  it("is slow for the first sync, with or without an anchor of the client", () => {
    for (const last of [undefined, "n2"])
      expect(decide(last, { link: { ...sides, generation: 0 }, card: {} })).toBe("slow");
  });

  it("is slow where the link is flagged, with that reason", () => {
    const flagged: Link = { ...link, needsSlow: "because" };
    const decision = decideStart({ asked: "twoWay", last: "n2", link: flagged, card });
    expect(decision).toMatchObject({ type: "compareAll", isAskedFor: false, reason: "because" });
  });

  it.each(["slow", "refreshFromClient", "refreshFromServer"] as const)(
    "obeys %s without looking at anchors",
    (asked) => {
      expect(decide("n2", { asked })).toBe("asked");
      expect(decide(undefined, { asked })).toBe("asked");
    },
  );

  it("keeps the generation of a one-way sync from the client apart from the card's object", () => {
    const oneWay: Pending = { object: O2, peerAnchor: "n3", phase: "received", base: "current" };
    const died: Link = { ...link, pending: oneWay };
    expect(decide("n2", { link: died })).toBe("current of 2");
    expect(decide("n3", { link: died })).toBe("current after commit of 2");
  });
});
