import { describe, expect, it } from "vitest";
import type { RecordId } from "../../../../../card/index.ts";
import { MapLists } from "../../../../../src/bridge/client/map-lists.ts";

const [R1, R2] = [1, 2] as readonly number[] as readonly [RecordId, RecordId];
const states = (lists: MapLists): readonly string[] =>
  lists.all().map(({ guid, recordId, state }) => `${guid}=${String(recordId)} ${state}`);

describe("MapLists", () => {
  it("moves a Map from list to list as the server hears of it", () => {
    const lists = new MapLists([]);
    lists.add("g1", R1);
    lists.add("g2", R2);
    lists.sent(["g1", "g2"]);
    lists.confirmed(["g1"]);
    expect(states(lists)).toEqual(["g1=1 confirmed", "g2=2 unconfirmed"]);
    expect(lists.unanswered().map(({ guid }) => guid)).toEqual(["g2"]);
    expect([...lists.confirmedRecords()]).toEqual([R1]);
  });

  it("does not take a Map for answered that was not sent", () => {
    const lists = new MapLists([]);
    lists.add("g1", R1);
    lists.confirmed(["g1"]);
    expect(states(lists)).toEqual(["g1=1 pending"]);
  });

  it("keeps the Maps of the last sync only, and whatever was not answered", () => {
    const lists = new MapLists([
      { guid: "g1", recordId: R1, state: "confirmed" },
      { guid: "g2", recordId: R2, state: "unconfirmed" },
    ]);
    lists.add("g3", R1);
    lists.sent(["g3"]);
    lists.confirmed(["g3"]);
    lists.dropOld();
    expect(states(lists)).toEqual(["g2=2 unconfirmed", "g3=1 confirmed"]);
  });

  it("gives what is to be stored once", () => {
    const lists = new MapLists([{ guid: "g1", recordId: R1, state: "pending" }]);
    expect(lists.takeChanged()).toBeUndefined();
    lists.clear();
    expect(lists.takeChanged()).toEqual([]);
    expect(lists.takeChanged()).toBeUndefined();
  });
});
