import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ReaderEvent } from "../../../../../card/index.ts";
import type { ReaderStatus } from "../../../../../card/transport/pcsc/ipc.ts";
import {
  doubt,
  loseAll,
  loseReader,
  NO_READERS,
  observe,
  settle,
} from "../../../../../card/transport/pcsc/reader-states.ts";
import type { Observed, ReaderStates } from "../../../../../card/transport/pcsc/reader-states.ts";

const EMPTY = 0x12;
const PRESENT = 0x22;
const PRESENT_IN_USE = 0x1a2;
const MUTE = 0x222;
const ATR = Uint8Array.of(0x3b, 0x00);
const OTHER_ATR = Uint8Array.of(0x3b, 0x80);

const status = (
  counter: number,
  state: number,
  atr: Uint8Array = (state & PRESENT) === PRESENT ? ATR : new Uint8Array(),
  reader = "R",
): ReaderStatus => ({ type: "status", reader, state: ((counter << 16) | state) >>> 0, atr });

type Step = (states: ReaderStates) => Observed;
const see =
  (...args: Parameters<typeof status>): Step =>
  (states) =>
    observe(states, status(...args));
const doubtIt: Step = (states) => doubt(states, "R");
const settleIt: Step = (states) => settle(states, "R");

const run = (steps: readonly Step[], from: ReaderStates = NO_READERS): Observed => {
  let states = from;
  const events: ReaderEvent[] = [];
  for (const step of steps) {
    const observed = step(states);
    states = observed.states;
    events.push(...observed.events);
  }
  return { states, events };
};

/** `+R` and `-R` for readers, `in 1` and `out 1` for cards. */
const told = (steps: readonly Step[]): readonly string[] => run(steps).events.map(tell);
const tell = (event: ReaderEvent): string => {
  if (event.type === "readerAdded") return `+${event.reader}`;
  if (event.type === "readerLost") return `-${event.reader}`;
  if (event.type === "cardInserted") return `in ${String(event.card.insertion)}`;
  return event.type === "cardRemoved" ? `out ${String(event.insertion)}` : event.type;
};

describe("the states of readers", () => {
  test("a card comes, is used, and goes", () => {
    const steps = [see(0, EMPTY), see(1, PRESENT), see(1, PRESENT_IN_USE), see(1, PRESENT)];
    expect(told([...steps, see(2, EMPTY)])).toEqual(["+R", "in 1", "out 1"]);
  });

  test("a card that was there before", () => {
    expect(told([see(7, PRESENT)])).toEqual(["+R", "in 1"]);
  });

  test("a removal and an insertion in one status are known by the counter", () => {
    expect(told([see(1, PRESENT), see(3, PRESENT)])).toEqual(["+R", "in 1", "out 1", "in 2"]);
  });

  test("the counter begins anew after 65535", () => {
    expect(told([see(0xffff, PRESENT), see(0, EMPTY)])).toEqual(["+R", "in 1", "out 1"]);
  });

  test("another ATR is another card", () => {
    const steps = [see(1, PRESENT), see(1, PRESENT, OTHER_ATR)];
    expect(told(steps)).toEqual(["+R", "in 1", "out 1", "in 2"]);
  });

  test("a card that does not answer is none", () => {
    expect(told([see(1, MUTE), see(1, PRESENT, new Uint8Array())])).toEqual(["+R"]);
    expect(told([see(1, PRESENT), see(1, MUTE)])).toEqual(["+R", "in 1", "out 1"]);
  });

  test("a reader vanishes after its card, and comes again", () => {
    const lose: Step = (states) => loseReader(states, "R");
    expect(told([see(1, PRESENT), lose, lose, see(1, PRESENT)])).toEqual([
      ...["+R", "in 1", "out 1", "-R"],
      ...["+R", "in 2"],
    ]);
  });

  test("all readers vanish", () => {
    const steps = [see(1, PRESENT), see(0, EMPTY, new Uint8Array(), "S"), loseAll];
    expect(told(steps)).toEqual(["+R", "in 1", "+S", "out 1", "-R", "-S"]);
  });

  test("readers keep their order", () => {
    const steps = ["A", "B"].map((name) => see(0, EMPTY, new Uint8Array(), name));
    const { states } = run([...steps, see(1, PRESENT, ATR, "A")]);
    expect(states.readers.map(({ name }) => name)).toEqual(["A", "B"]);
  });
});

describe("a connection that broke off", () => {
  test("ends the card's stay; it begins anew where the card is still seen", () => {
    const steps = [see(1, PRESENT), doubtIt, see(1, PRESENT_IN_USE), settleIt, settleIt];
    expect(told(steps)).toEqual(["+R", "in 1", "out 1", "in 2"]);
  });

  test("was the card's removal", () => {
    const steps = [see(1, PRESENT), doubtIt, see(2, EMPTY), settleIt];
    expect(told(steps)).toEqual(["+R", "in 1", "out 1"]);
  });

  test("was a swap", () => {
    const steps = [see(1, PRESENT), doubtIt, see(3, PRESENT), settleIt];
    expect(told(steps)).toEqual(["+R", "in 1", "out 1", "in 2"]);
  });

  test("is counted as long as the card stays", () => {
    const breaks = (steps: readonly Step[]): number | undefined =>
      run(steps).states.readers[0]?.breaks;
    const twice = [see(1, PRESENT), doubtIt, settleIt, doubtIt];
    expect(breaks(twice)).toBe(2);
    expect(breaks([...twice, see(1, PRESENT)])).toBe(2);
    expect(breaks([...twice, see(3, PRESENT)])).toBe(0);
  });

  test("means nothing for an empty or unknown reader", () => {
    expect(told([doubtIt, settleIt, see(0, EMPTY), doubtIt, settleIt])).toEqual(["+R"]);
  });
});

test("what is told of always adds up to what is there", () => {
  const name = fc.constantFrom("R", "S");
  const anyStep: fc.Arbitrary<Step> = fc.oneof(
    fc
      .tuple(
        fc.nat(3),
        fc.constantFrom(EMPTY, PRESENT, MUTE),
        fc.constantFrom(ATR, OTHER_ATR),
        name,
      )
      .map((args) => see(...args)),
    name.map((reader) => (states: ReaderStates) => doubt(states, reader)),
    name.map((reader) => (states: ReaderStates) => settle(states, reader)),
    name.map((reader) => (states: ReaderStates) => loseReader(states, reader)),
  );
  fc.assert(
    fc.property(fc.array(anyStep), (steps) => {
      const { states, events } = run(steps);
      const readers = new Map<string, number | undefined>();
      let highest = 0;
      for (const event of events) {
        if (event.type === "readerAdded") readers.set(event.reader, undefined);
        if (event.type === "readerLost") {
          expect(readers.get(event.reader)).toBeUndefined();
          readers.delete(event.reader);
        }
        if (event.type === "cardInserted") {
          expect(readers.has(event.reader)).toBe(true);
          expect(readers.get(event.reader)).toBeUndefined();
          expect(event.card.insertion).toBeGreaterThan(highest);
          highest = event.card.insertion;
          readers.set(event.reader, highest);
        }
        if (event.type === "cardRemoved") {
          expect(readers.get(event.reader)).toBe(event.insertion);
          readers.set(event.reader, undefined);
        }
      }
      const there = states.readers.map((reader) => [reader.name, reader.card?.insertion] as const);
      expect(new Map(there)).toEqual(readers);
    }),
  );
});
