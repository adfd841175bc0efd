import type { CtCap, CtParam, CtProperty } from "../../../syncml/index.ts";
import { slotOf } from "./slot.ts";

/** What a peer keeps of one property. */
export interface PropertyCap {
  /** Lines of it in one item; absent where it does not say. */
  readonly maxOccur?: number;
  /** Octets of a value; absent where it does not say. */
  readonly maxSize?: number;
  /** A value that is too long is not kept at all, rather than cut. */
  readonly noTruncate: boolean;
  /** By upper-case name; undefined: every value of it. TYPEs in upper case. */
  readonly params: ReadonlyMap<string, ReadonlySet<string> | undefined>;
}

/**
 * What a peer keeps of an item of one media type. A property that is not named may still come from the peer: then it
 * keeps it after all.
 */
export interface PeerProfile {
  /** By slot: see {@link slotOf}. */
  readonly properties: ReadonlyMap<string, PropertyCap>;
  /** Upper-case names of blocks (VEVENT, VALARM); undefined where the peer does not say. */
  readonly components: ReadonlySet<string> | undefined;
}

/** Of a peer that names some fields of an item and means to leave all others as they are. */
export const NAMED_FIELDS_ONLY: PeerProfile = { properties: new Map(), components: new Set() };

/** Parameters as such. Everything else that stands for one is a TYPE: old DevInf lists HOME, WORK as parameters. */
const PARAM_NAMES =
  /^(?:TYPE|VALUE|ENCODING|CHARSET|LANGUAGE|TZID|RANGE|RELATED|ALTREP|CN|CUTYPE|DELEGATED-FROM|DELEGATED-TO|DIR|FBTYPE|FMTTYPE|MEMBER|PARTSTAT|RELTYPE|ROLE|RSVP|SENT-BY|STATUS|EXPECT|CONTEXT|X-.*)$/;

const capOf = ({ maxOccur, maxSize, noTruncate, params = [] }: CtProperty): PropertyCap => ({
  ...(maxOccur === undefined || maxOccur < 1 ? {} : { maxOccur }),
  // Zero is what peers say that know no limit.
  ...(maxSize === undefined || maxSize < 1 ? {} : { maxSize }),
  noTruncate: noTruncate === true,
  params: paramsOf(params),
});

function paramsOf(params: readonly CtParam[]): PropertyCap["params"] {
  const known = new Map<string, ReadonlySet<string> | undefined>();
  for (const { name, valEnums = [] } of params) {
    const upper = name.trim().toUpperCase();
    const isWord = valEnums.length === 0 && !PARAM_NAMES.test(upper);
    const values = isWord ? [upper] : valEnums.map((value) => value.trim().toUpperCase());
    const key = isWord ? "TYPE" : upper;
    const before = known.get(key) ?? new Set();
    const isAny = values.length === 0 || (known.has(key) && known.get(key) === undefined);
    known.set(key, isAny ? undefined : new Set([...before, ...values]));
  }
  return known;
}

/** A property that is named twice (once for each of its types) has room for both. */
const joined = (a: PropertyCap, b: PropertyCap): PropertyCap => ({
  ...(a.maxOccur === undefined || b.maxOccur === undefined
    ? {}
    : { maxOccur: a.maxOccur + b.maxOccur }),
  ...(a.maxSize === undefined || b.maxSize === undefined
    ? {}
    : { maxSize: Math.max(a.maxSize, b.maxSize) }),
  noTruncate: a.noTruncate && b.noTruncate,
  params: joinedParams(a.params, b.params),
});

function joinedParams(a: PropertyCap["params"], b: PropertyCap["params"]): PropertyCap["params"] {
  const all = new Map(a);
  for (const [name, values] of b) {
    const before = all.get(name);
    const isAny = values === undefined || (all.has(name) && before === undefined);
    all.set(name, isAny ? undefined : new Set([...(before ?? []), ...values]));
  }
  return all;
}

/** @returns undefined for a description that names no property, which says nothing */
export function peerProfile({ properties }: CtCap): PeerProfile | undefined {
  const slots = new Map<string, PropertyCap>();
  const components = new Set<string>();
  for (const property of properties) {
    const name = property.name.trim().toUpperCase();
    if (name === "BEGIN")
      for (const value of property.valEnums ?? []) components.add(value.trim().toUpperCase());
    if (name === "BEGIN" || name === "END" || name === "") continue;
    const slot = slotOf(name);
    const cap = capOf(property);
    const before = slots.get(slot);
    slots.set(slot, before === undefined ? cap : joined(before, cap));
  }
  if (slots.size === 0) return undefined;
  return { properties: slots, components: components.size === 0 ? undefined : components };
}

const EVERYTHING: PropertyCap = { noTruncate: false, params: new Map() };

/** What every item has: a peer that does not name them keeps them all the same. */
const ALWAYS = new Set(["VERSION", "N"]);

/** @returns undefined for a property that the peer does not keep */
export function capFor({ properties }: PeerProfile, slot: string): PropertyCap | undefined {
  if (properties.size === 0) return undefined;
  const wild = slot.startsWith("X-") ? properties.get("X-*") : undefined;
  return properties.get(slot) ?? wild ?? (ALWAYS.has(slot) ? EVERYTHING : undefined);
}
