import { describe, expect, it } from "vitest";
import type { SyncObject } from "../../../../card/index.ts";
import { shiftGenerations, withPending, type Link } from "../../../../src/bridge/link.ts";

const generation = (
  name: string,
): { readonly object: SyncObject; readonly peerAnchor: string } => ({
  object: `object ${name}` as SyncObject,
  peerAnchor: `anchor ${name}`,
});

const link: Link = {
  id: 1,
  cardUuid: "c",
  database: 1,
  user: "u",
  device: "d",
  peerUri: "p",
  generation: 5,
  current: generation("5"),
  previous: generation("4"),
  needsSlow: "because",
};
const pending = (base: "current" | "previous" | "none"): Link =>
  withPending(link, { ...generation("6"), phase: "committing", base });

describe("shiftGenerations", () => {
  it("makes the pending generation the current one and counts it", () => {
    const shifted = shiftGenerations(pending("current"));
    expect(shifted).toMatchObject({ generation: 6, current: generation("6") });
    expect(shifted.pending).toBeUndefined();
    expect(shifted.needsSlow).toBeUndefined();
  });

  it("keeps as previous what the peer has proved to hold", () => {
    expect(shiftGenerations(pending("current")).previous).toEqual(generation("5"));
    expect(shiftGenerations(pending("previous")).previous).toEqual(generation("4"));
    expect(shiftGenerations(pending("none")).previous).toBeUndefined();
  });

  it("leaves a link without a pending generation as it is", () => {
    expect(shiftGenerations(link)).toBe(link);
  });
});
