import { describe, expect, it } from "vitest";
import type { SyncObject } from "../../../../../card/index.ts";
import { decideClientStart } from "../../../../../src/bridge/client/start.ts";
import type { Link, Pending } from "../../../../../src/bridge/link.ts";
import type { CardObjects } from "../../../../../src/bridge/sync-start.ts";
import type { SyncType } from "../../../../../syncml/index.ts";

const [O1, O2, O3, O4] = ["o1", "o2", "o3", "o4"] as unknown as readonly [
  SyncObject,
  SyncObject,
  SyncObject,
  SyncObject,
];
const sides = { id: 1, cardUuid: "c", database: 1, user: "u", device: "d", peerUri: "contacts" };
const link: Link = { ...sides, generation: 2, current: { object: O2, peerAnchor: "n2" } };
const pending = (phase: Pending["phase"]): Pending => ({
  object: O3,
  peerAnchor: "n3",
  phase,
  base: "current",
});

function start(
  card: CardObjects,
  facts: { readonly link?: Link; readonly asked?: SyncType } = {},
): { readonly says: readonly string[]; readonly isTrusted: boolean; readonly generation: number } {
  const decision = decideClientStart({
    asked: facts.asked ?? "twoWay",
    link: facts.link ?? link,
    card: { ...card, proposed: O4 },
  });
  return {
    says: decision.attempts.map(({ base, last, next }) => `${base} ${last ?? "-"} ${next}`),
    isTrusted: decision.isMemoryTrusted,
    generation: decision.link.generation,
  };
}

describe("decideClientStart: the card tells where a sync with a server starts", () => {
  it("names the current object", () => {
    expect(start({ current: O2, previous: O1 })).toEqual({
      says: ["current o2 o4"],
      isTrusted: true,
      generation: 2,
    });
  });

  it("needs nothing of this bridge for that", () => {
    const fresh: Link = { ...sides, generation: 0 };
    expect(start({ current: O2 }, { link: fresh })).toMatchObject({
      says: ["current o2 o4"],
      isTrusted: false,
    });
  });

  it("names the pending object second where package 4 may not have come", () => {
    const says = ["current o2 o4", "pending o3 o4"];
    expect(start({ current: O2, pending: O3 }).says).toEqual(says);
    const prepared: Link = { ...link, pending: pending("prepared") };
    expect(start({ current: O2, pending: O3 }, { link: prepared }).says).toEqual(says);
  });

  it.each(["received", "committing"] as const)(
    "names it first where package 4 has been applied (%s)",
    (phase) => {
      const says = ["pending o3 o4", "current o2 o4"];
      const received: Link = { ...link, pending: pending(phase) };
      expect(start({ current: O2, pending: O3 }, { link: received }).says).toEqual(says);
      const first: Link = { ...sides, generation: 0, pending: pending(phase) };
      expect(start({ pending: O3 }, { link: first }).says).toEqual(["pending o3 o4"]);
    },
  );

  it("does not take another sync's pending object for its own", () => {
    const received: Link = { ...link, pending: pending("received") };
    expect(start({ current: O2, pending: O1 }, { link: received }).says).toEqual([
      "current o2 o4",
      "pending o1 o4",
    ]);
  });

  it("compares everything the first time, and where a first sync was cut short", () => {
    const fresh: Link = { ...sides, generation: 0 };
    expect(start({}, { link: fresh }).says).toEqual(["none - o4"]);
    const cut: Link = { ...fresh, pending: pending("prepared") };
    expect(start({ pending: O3 }, { link: cut }).says).toEqual(["none - o4"]);
  });

  it("rolls forward where we died between the card's commit and our own", () => {
    const died: Link = { ...link, pending: pending("committing") };
    expect(start({ current: O3, previous: O2 }, { link: died })).toEqual({
      says: ["current o3 o4"],
      isTrusted: true,
      generation: 3,
    });
  });

  it("names the current object as the next one, too, where the card only receives", () => {
    expect(start({ current: O2 }, { asked: "oneWayFromServer" }).says).toEqual(["current o2 o2"]);
  });

  it.each(["slow", "refreshFromClient", "refreshFromServer"] as const)(
    "names nothing where a %s sync is asked for",
    (asked) => {
      expect(start({ current: O2 }, { asked }).says).toEqual(["none - o4"]);
    },
  );

  it("obeys a flag of its own, unless another bridge has taken the card on", () => {
    const flagged: Link = { ...link, needsSlow: "a refresh was cut short" };
    expect(start({ current: O2 }, { link: flagged }).says).toEqual(["none - o4"]);
    expect(start({ current: O1 }, { link: flagged }).says).toEqual(["current o1 o4"]);
  });
});
