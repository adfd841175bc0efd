import type { Random } from "./random.ts";

type Mutation = (bytes: Buffer, random: Random, other: Buffer) => Buffer;

const splice = (bytes: Buffer, at: number, drop: number, insert: Buffer): Buffer =>
  Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + drop)]);

const part = (bytes: Buffer, random: Random, longest: number): Buffer => {
  const from = random.below(bytes.length);
  return bytes.subarray(from, from + 1 + random.below(longest));
};

/** What means something in XML or in WBXML: markup, references, charsets, SWITCH_PAGE, END, STR_I, STR_T, OPAQUE, long mb_u_int32. */
const PIECES = [
  ...["<", ">", "&", "]]>", "<![CDATA[", "<!--", "-->", "</Data>", "<Item>", "<Item/>", "&#0;"],
  ...[
    "&#xD800;",
    "&#1114112;",
    "&lt;",
    "<?xml encoding='utf-16'?>",
    '<!DOCTYPE a [<!ENTITY b "c">]>',
  ],
  ...["SyncML", "1.0", "99999999999999999999", "-1", ' xmlns="syncml:devinf"', "<SyncML>", "\0"],
  ...["<MsgID>0</MsgID>", "<Cmd>Add</Cmd>", "<Size>4294967295</Size>", "<Final/>", "<MoreData/>"],
].map((text) => Buffer.from(text));
const TOKENS = [
  ...[[0x00, 0x01], [0x00, 0xff], [0x01], [0x02, 0x20], [0x03], [0x83, 0x00], [0x83, 0xff, 0x7f]],
  ...[[0xc3, 0x00], [0xc3, 0x8f, 0xff, 0xff, 0xff, 0x7f], [0xc3, 0x05], [0x43], [0x84, 0x01]],
  ...[[0x8f, 0xff, 0xff, 0xff, 0x7f], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [0x6a], [0x03, 0x00]],
  ...[
    [0xc0],
    [0x80],
    [0xc0, 0xaf],
    [0xed, 0xa0, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
    [0xef, 0xbb, 0xbf],
  ],
].map((bytes) => Buffer.from(bytes));

const MUTATIONS: readonly Mutation[] = [
  // Bits.
  (bytes, random) => {
    const copy = Buffer.from(bytes);
    const at = random.below(copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
    return copy;
  },
  // A byte of any value: tokens, lengths, characters.
  (bytes, random) => {
    const copy = Buffer.from(bytes);
    copy[random.below(copy.length)] = random.below(256);
    return copy;
  },
  // The header of WBXML: version, public id, charset, length of the string table.
  (bytes, random) => {
    const copy = Buffer.from(bytes);
    copy[random.below(Math.min(8, copy.length))] = random.of([0, 1, 3, 4, 0x6a, 0x7f, 0x83, 0xff]);
    return copy;
  },
  (bytes, random) => splice(bytes, random.below(bytes.length), random.below(5), random.of(PIECES)),
  (bytes, random) => splice(bytes, random.below(bytes.length), random.below(3), random.of(TOKENS)),
  // Cut off, cut out.
  (bytes, random) => bytes.subarray(0, 1 + random.below(bytes.length)),
  (bytes, random) => splice(bytes, random.below(bytes.length), random.below(60), Buffer.alloc(0)),
  // Said again, some of it very often: deep nesting, huge counts.
  (bytes, random) => splice(bytes, random.below(bytes.length), 0, part(bytes, random, 200)),
  (bytes, random) => {
    const again = random.of([part(bytes, random, 6), ...PIECES, ...TOKENS]);
    const times = 1 + random.below(Math.ceil(4000 / again.length));
    return splice(bytes, random.below(bytes.length), 0, Buffer.alloc(times * again.length, again));
  },
  // Spliced with another message.
  (bytes, random, other) =>
    Buffer.concat([
      bytes.subarray(0, random.below(bytes.length)),
      other.subarray(random.below(other.length)),
    ]),
  (bytes, random, other) => splice(bytes, random.below(bytes.length), 0, part(other, random, 300)),
];

/** One to four faults in a message; never empty. @param other a message to take pieces of */
export const mutate = (bytes: Buffer, other: Buffer, random: Random): Buffer => {
  let mutated = bytes;
  for (let left = 1 + random.below(4); left > 0; left--) {
    const next = random.of(MUTATIONS)(mutated, random, other);
    if (next.length > 0) mutated = next;
  }
  return mutated;
};
