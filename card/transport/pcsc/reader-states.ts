import type { InsertedCard, ReaderEvent, ReaderView } from "../readers.ts";
import type { ReaderStatus } from "./ipc.ts";

/** Bits of dwEventState. Source: pcsclite.h of PCSC-Lite 1.9. */
const STATE_PRESENT = 0x20;
const STATE_MUTE = 0x200;
const COUNTER_SHIFT = 16;

/** All readers and what is in them. The number of the next insertion outlives the readers. */
export interface ReaderStates {
  readonly nextInsertion: number;
  readonly readers: readonly ReaderState[];
}

export interface ReaderState extends ReaderView {
  /** Insertions and removals that PC/SC has counted, modulo 65536. */
  readonly counter: number;
  /** Connections that broke off since PC/SC last counted. */
  readonly breaks: number;
  /** The card that PC/SC sees, while it is not clear whether it has noticed a removal. */
  readonly doubted?: Uint8Array;
}

export interface Observed {
  readonly states: ReaderStates;
  readonly events: readonly ReaderEvent[];
}

export const NO_READERS: ReaderStates = { nextInsertion: 1, readers: [] };

/** A card is in, but gives no ATR: it is the wrong way round, or broken. */
export const isMute = ({ state }: ReaderStatus): boolean => (state & STATE_MUTE) !== 0;

/**
 * PC/SC tells what a reader's state is, not what happened: two changes may come as one status. A card that stays
 * has the same counter and ATR; any other was removed and inserted. A card without ATR is none for us.
 */
export const observe = (before: ReaderStates, status: ReaderStatus): Observed => {
  const name = status.reader;
  const known = before.readers.find((each) => each.name === name);
  if (known && staysIn(known, status)) return { states: before, events: [] };
  const counter = counterOf(status);
  const empty = { name, counter, breaks: known?.counter === counter ? known.breaks : 0 };
  const events: readonly ReaderEvent[] = known
    ? removalOf(known)
    : [{ type: "readerAdded", reader: name }];
  const emptied = { states: put(before, empty), events };
  return hasCard(status) ? insert(emptied, empty, status.atr) : emptied;
};

/**
 * A connection broke off. PC/SC asks some readers only now and then, so another card may be in it by now: the stay of
 * the card ends. It begins anew with {@link settle}, once PC/SC has had time to look, where it still sees a card.
 */
export const doubt = (before: ReaderStates, name: string): Observed => {
  const known = before.readers.find((each) => each.name === name);
  if (!known?.card) return { states: before, events: [] };
  const { counter, breaks, card } = known;
  return {
    states: put(before, { name, counter, breaks: breaks + 1, doubted: card.atr }),
    events: removalOf(known),
  };
};

/** Nothing where there is no doubt any more. */
export const settle = (before: ReaderStates, name: string): Observed => {
  const known = before.readers.find((each) => each.name === name);
  const unchanged = { states: before, events: [] };
  if (!known?.doubted) return unchanged;
  const { counter, breaks, doubted } = known;
  return insert(unchanged, { name, counter, breaks }, doubted);
};

/** A reader vanished, with its card. Nothing where it is not known. */
export const loseReader = (before: ReaderStates, name: string): Observed => {
  const lost = before.readers.find((each) => each.name === name);
  return {
    states: { ...before, readers: before.readers.filter((each) => each !== lost) },
    events: lost ? [...removalOf(lost), { type: "readerLost", reader: name }] : [],
  };
};

/** The way to all readers broke off. */
export const loseAll = (before: ReaderStates): Observed => ({
  states: { ...before, readers: [] },
  events: before.readers.flatMap(({ name }) => loseReader(before, name).events),
});

const counterOf = ({ state }: ReaderStatus): number => state >>> COUNTER_SHIFT;

const hasCard = (status: ReaderStatus): boolean =>
  (status.state & STATE_PRESENT) !== 0 && !isMute(status) && status.atr.length > 0;

const staysIn = (known: ReaderState, status: ReaderStatus): boolean => {
  const atr = known.card?.atr ?? known.doubted;
  const isSameStay = known.counter === counterOf(status) && hasCard(status);
  return atr !== undefined && isSameStay && isSame(atr, status.atr);
};

const insert = ({ states, events }: Observed, reader: ReaderState, atr: Uint8Array): Observed => {
  const card: InsertedCard = { insertion: states.nextInsertion, atr };
  return {
    states: { ...put(states, { ...reader, card }), nextInsertion: card.insertion + 1 },
    events: [...events, { type: "cardInserted", reader: reader.name, card }],
  };
};

/** In its place, or at the end where it is new. */
const put = (states: ReaderStates, reader: ReaderState): ReaderStates => {
  const { readers } = states;
  const isKnown = readers.some(({ name }) => name === reader.name);
  return {
    ...states,
    readers: isKnown
      ? readers.map((each) => (each.name === reader.name ? reader : each))
      : [...readers, reader],
  };
};

const removalOf = ({ name, card }: ReaderState): readonly ReaderEvent[] =>
  card ? [{ type: "cardRemoved", reader: name, insertion: card.insertion }] : [];

const isSame = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index]);
