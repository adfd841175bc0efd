import fc from "fast-check";

/** An object as a card may know it for a database: its last START's and COMMIT's, none, impossible, or another's. */
export type ObjectRef =
  | "proposed"
  | "current"
  | "previous"
  | "pending"
  | "everything"
  | "never"
  | { readonly drawn: number };

/** The n-th of a database's records that live or were deleted, counted from the newest, or a number of its own. */
export type IdRef = { readonly latest: number; readonly isLive: boolean } | { readonly id: number };

export type Secret = "right" | "wrong" | "short" | "long" | "none";

/** How a chain departs from its right form. */
export type Flaw =
  | "none"
  | "tooLong"
  | "tooShort"
  | "interrupted"
  | "otherHead"
  | "restarted"
  | "halfHead"
  | "notEnded"
  | "selected";

/** One thing that a host does. What depends on a card's own random numbers is said by name, so both twins get the same. */
export type Step =
  | { readonly do: "select" | "reset" | "login" | "relogin" | "databases" | "askUuid" }
  | { readonly do: "raw"; readonly bytes: Uint8Array }
  | { readonly do: "verify"; readonly ref: number; readonly secret: Secret }
  | {
      readonly do: "replaceSecret";
      readonly ins: number;
      readonly ref: number;
      readonly proof: Secret;
      readonly fresh: string;
      readonly isBroken: boolean;
    }
  | { readonly do: "getData"; readonly object: number; readonly le: number }
  | { readonly do: "start"; readonly db: number; readonly tag: number; readonly flags: number }
  | {
      readonly do: "list";
      readonly db: number;
      readonly mode: number;
      readonly object: ObjectRef;
      readonly cursor: number;
      readonly le: number;
    }
  | {
      readonly do: "read";
      readonly db: number;
      readonly ids: readonly IdRef[];
      readonly offset: number;
      readonly le: number;
    }
  | {
      readonly do: "image";
      readonly db: number;
      readonly cursor: number;
      readonly offset: number;
      readonly le: number;
    }
  | {
      readonly do: "write";
      readonly kind: 0 | 1 | 2;
      readonly db: number;
      readonly id: IdRef;
      readonly ifCsn: "any" | "right" | "wrong";
      readonly type: number;
      readonly length: number;
      readonly p2Bits: number;
      readonly segment: number;
      readonly flaw: Flaw;
    }
  | {
      readonly do: "delete";
      readonly db: number;
      readonly id: IdRef;
      readonly ifCsn: "any" | "right" | "wrong";
      readonly p2Bits: number;
    }
  | { readonly do: "touch"; readonly db: number; readonly id: IdRef }
  | { readonly do: "commit" | "prepare"; readonly db: number; readonly object: ObjectRef }
  | { readonly do: "abort"; readonly db: number; readonly flags: number }
  | { readonly do: "peers"; readonly cursor: number; readonly le: number }
  | { readonly do: "forget"; readonly db: number; readonly tag: number | "all" | "short" }
  | { readonly do: "wipe"; readonly isRight: boolean }
  | { readonly do: "label"; readonly db: number; readonly length: number };

const db = fc.oneof(
  { arbitrary: fc.constant(1), weight: 20 },
  { arbitrary: fc.constantFrom(2, 3, 4), weight: 5 },
  { arbitrary: fc.constantFrom(0, 5, 255), weight: 1 },
);
/** More pairs than a small card keeps. */
const tag = fc.oneof(
  { arbitrary: fc.integer({ min: 1, max: 3 }), weight: 4 },
  { arbitrary: fc.integer({ min: 4, max: 24 }), weight: 1 },
);
const le = fc.oneof(
  { arbitrary: fc.constant(256), weight: 8 },
  { arbitrary: fc.constant(-1), weight: 1 },
  { arbitrary: fc.integer({ min: 1, max: 255 }), weight: 2 },
);
const object: fc.Arbitrary<ObjectRef> = fc.oneof(
  { arbitrary: fc.constantFrom<ObjectRef>("proposed", "current"), weight: 8 },
  {
    arbitrary: fc.constantFrom<ObjectRef>("previous", "pending", "everything", "never"),
    weight: 3,
  },
  { arbitrary: fc.record({ drawn: fc.nat(30) }), weight: 1 },
);
const base: fc.Arbitrary<ObjectRef> = fc.oneof(
  { arbitrary: fc.constantFrom<ObjectRef>("everything", "current", "previous"), weight: 8 },
  { arbitrary: object, weight: 1 },
);
const id: fc.Arbitrary<IdRef> = fc.oneof(
  { arbitrary: fc.record({ latest: fc.nat(8), isLive: fc.constant(true) }), weight: 8 },
  { arbitrary: fc.record({ latest: fc.nat(5), isLive: fc.constant(false) }), weight: 3 },
  {
    arbitrary: fc.record({
      id: fc.oneof(fc.nat(60), fc.constantFrom(0, 0xffff_ffff, 0x8000_0000)),
    }),
    weight: 1,
  },
);
const secret = fc.oneof(
  { arbitrary: fc.constant<Secret>("right"), weight: 12 },
  { arbitrary: fc.constantFrom<Secret>("wrong", "short", "long", "none"), weight: 1 },
);
const reference = fc.oneof(
  { arbitrary: fc.constant(0x81), weight: 8 },
  { arbitrary: fc.constant(0x82), weight: 2 },
  { arbitrary: fc.constantFrom(0, 0x01, 0x80, 0x83), weight: 1 },
);
const ifCsn = fc.constantFrom("any" as const, "any" as const, "right" as const, "wrong" as const);
const length = fc.oneof(
  { arbitrary: fc.nat(130), weight: 8 },
  { arbitrary: fc.constantFrom(0, 1, 61, 62, 63, 124, 125, 236, 237, 244, 245, 248), weight: 4 },
  { arbitrary: fc.integer({ min: 131, max: 1400 }), weight: 3 },
  { arbitrary: fc.constantFrom(4000, 0x7fff, 0x8000, 65_528, 65_529, 65_535), weight: 1 },
);
const flaw = fc.oneof(
  { arbitrary: fc.constant<Flaw>("none"), weight: 20 },
  {
    arbitrary: fc.constantFrom<Flaw>(
      "tooLong",
      "tooShort",
      "interrupted",
      "otherHead",
      "restarted",
      "halfHead",
      "notEnded",
      "selected",
    ),
    weight: 3,
  },
);
const p2Bits = fc.oneof(
  { arbitrary: fc.constant(0), weight: 12 },
  { arbitrary: fc.constant(0x80), weight: 5 },
  { arbitrary: fc.constantFrom(0x40, 0x04), weight: 1 },
);
const cursor = fc.oneof(
  { arbitrary: fc.constant(0), weight: 3 },
  { arbitrary: fc.nat(40), weight: 1 },
  { arbitrary: fc.constantFrom(0x7fff, 0x8000, 0xffff), weight: 1 },
);
const offset = fc.oneof(
  { arbitrary: fc.constant(0), weight: 4 },
  { arbitrary: fc.nat(300), weight: 1 },
  { arbitrary: fc.constantFrom(7, 8, 0x7fff, 0x8000, 0xffff), weight: 1 },
);

/** A command of the protocol with any P1, P2, data and Le, or no such thing at all. */
const raw = fc
  .tuple(
    fc.constantFrom(0x00, 0x80, 0x80, 0x80, 0x90, 0x10, 0x81, 0x84, 0xa0),
    fc.constantFrom(
      0x20,
      0x24,
      0x2c,
      0xca,
      0x10,
      0x12,
      0x14,
      0x16,
      0x18,
      0x1a,
      0x1c,
      0x1e,
      0x22,
      0x24,
      0x26,
      0x28,
      0x2a,
    ),
    fc.oneof(fc.nat(5), fc.constantFrom(0x57, 0xdf)),
    fc.oneof(fc.nat(3), fc.constantFrom(0x20, 0x23, 0x49, 0x80, 0x81, 0x82)),
    fc.uint8Array({ maxLength: 30 }),
    fc.integer({ min: -1, max: 256 }),
  )
  .map(([cla, ins, p1, p2, data, leByte]) =>
    Uint8Array.of(
      cla,
      ins,
      p1,
      p2,
      ...(data.length > 0 ? [data.length, ...data] : []),
      ...(leByte < 0 ? [] : [leByte & 0xff]),
    ),
  );

const weighted: readonly [number, fc.Arbitrary<Step>][] = [
  [3, fc.record({ do: fc.constantFrom("login" as const, "relogin" as const) })],
  [0.3, fc.record({ do: fc.constantFrom("select" as const, "reset" as const) })],
  [2, fc.record({ do: fc.constantFrom("databases" as const, "askUuid" as const) })],
  [2, fc.record({ do: fc.constant("raw" as const), bytes: raw })],
  [2, fc.record({ do: fc.constant("verify" as const), ref: reference, secret })],
  [
    1,
    fc.record({
      do: fc.constant("replaceSecret" as const),
      ins: fc.constantFrom(0x24, 0x2c),
      ref: reference,
      proof: secret,
      fresh: fc.constantFrom(
        "1234",
        "123456789",
        "0000",
        "1234567890123456",
        "123",
        "12345678901234567",
      ),
      isBroken: fc.constantFrom(false, false, false, false, true),
    }),
  ],
  [
    3,
    fc.record({
      do: fc.constant("getData" as const),
      object: fc.constantFrom(0x20, 0x20, 0x21, 0x21, 0x22, 0x23, 0x24),
      le,
    }),
  ],
  [
    8,
    fc.record({
      do: fc.constant("start" as const),
      db,
      tag,
      flags: fc.constantFrom(0, 0, 0, 2, 2, 1),
    }),
  ],
  [
    8,
    fc.record({
      do: fc.constant("list" as const),
      db,
      mode: fc.constantFrom(0, 1, 1, 2),
      object: base,
      cursor,
      le,
    }),
  ],
  [
    5,
    fc.record({
      do: fc.constant("read" as const),
      db,
      ids: fc.array(id, { maxLength: 6 }),
      offset,
      le,
    }),
  ],
  [3, fc.record({ do: fc.constant("image" as const), db, cursor, offset, le })],
  [
    20,
    fc.record({
      do: fc.constant("write" as const),
      kind: fc.constantFrom(0 as const, 0 as const, 0 as const, 1 as const, 1 as const, 2 as const),
      db,
      id,
      ifCsn,
      type: fc.nat(255),
      length,
      p2Bits,
      segment: fc.constantFrom(247, 247, 247, 200, 62, 20),
      flaw,
    }),
  ],
  [7, fc.record({ do: fc.constant("delete" as const), db, id, ifCsn, p2Bits })],
  [2, fc.record({ do: fc.constant("touch" as const), db, id })],
  [
    8,
    fc.record({
      do: fc.constantFrom("commit" as const, "commit" as const, "prepare" as const),
      db,
      object,
    }),
  ],
  [1, fc.record({ do: fc.constant("abort" as const), db, flags: fc.constantFrom(0, 0, 1, 2) })],
  [
    2,
    fc.record({
      do: fc.constant("peers" as const),
      cursor: fc.oneof(fc.constant(0), fc.nat(255)),
      le,
    }),
  ],
  [
    1,
    fc.record({
      do: fc.constant("forget" as const),
      db,
      tag: fc.oneof(tag, tag, tag, fc.constantFrom("all" as const, "short" as const)),
    }),
  ],
  [
    1,
    fc.record({
      do: fc.constant("label" as const),
      db,
      length: fc.oneof(fc.nat(31), fc.constant(32)),
    }),
  ],
];

const single: fc.Arbitrary<Step> = fc.oneof(
  ...weighted.map(([weight, arbitrary]) => ({ weight: weight * 10, arbitrary })),
  { weight: 2, arbitrary: fc.record({ do: fc.constant("wipe" as const), isRight: fc.boolean() }) },
);

const CHANGING: ReadonlySet<Step["do"]> = new Set([
  "write",
  "delete",
  "touch",
  "commit",
  "prepare",
  "abort",
  "forget",
  "wipe",
  "label",
]);

/** A step that changes records, peers or labels, where it is not refused. */
export const change: fc.Arbitrary<Step> = single.filter((step) => CHANGING.has(step.do));

/** A sync that comes to its end, of few peers or of more than a card keeps. */
const sync: fc.Arbitrary<readonly Step[]> = fc
  .tuple(
    db,
    fc.oneof(tag, fc.integer({ min: 1, max: 24 })),
    fc.constantFrom(0, 2),
    fc.array(single, { maxLength: 4 }),
  )
  .map(([at, peerNumber, flags, between]) => [
    { do: "start", db: at, tag: peerNumber, flags },
    ...between,
    { do: "commit", db: at, object: "proposed" },
  ]);

/** A peer that writes and is forgotten, and another that gets its slot: what the first one wrote is not the second's. */
const takeover: fc.Arbitrary<readonly Step[]> = fc
  .tuple(db, tag, tag, fc.array(change, { maxLength: 4 }), fc.constantFrom("prepare", "commit"))
  .map(([at, first, second, changes, end]) => [
    { do: "start", db: at, tag: first, flags: 0 },
    { do: "prepare", db: at, object: "proposed" },
    ...changes,
    { do: "forget", db: at, tag: first },
    { do: "start", db: at, tag: second, flags: 0 },
    { do: end, db: at, object: "proposed" },
    { do: "start", db: at, tag: second, flags: 0 },
    { do: "list", db: at, mode: 1, object: "everything", cursor: 0, le: 256 },
  ]);

/** Steps of a host that knows the protocol, with some that do not keep to it. */
export const steps = (most: number): fc.Arbitrary<readonly Step[]> =>
  fc
    .array(
      fc.oneof(
        { arbitrary: single.map((step) => [step]), weight: 60 },
        { arbitrary: sync, weight: 10 },
        { arbitrary: takeover, weight: 2 },
      ),
      {
        maxLength: most,
        size: "max",
      },
    )
    .map((parts) => parts.flat());
