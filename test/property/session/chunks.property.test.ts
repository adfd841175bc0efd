import fc from "fast-check";
import { expect, it } from "vitest";
import { encodedSizeBytes } from "../../../syncml/codec/size.ts";
import { decodeMessage, encodeMessage } from "../../../syncml/codec/codec.ts";
import { DEFAULT_DECODE_LIMITS } from "../../../syncml/codec/limits.ts";
import { toGuid } from "../../../syncml/model/ids.ts";
import type { ItemCommand } from "../../../syncml/model/message.ts";
import { takeChunk, type ChunkOutcome } from "../../../syncml/session/incoming-chunk.ts";
import { place, toOutgoing } from "../../../syncml/session/outgoing-item.ts";

const encoding = fc.constantFrom("xml" as const, "wbxml" as const);
const awkward = fc.constantFrom(
  "\r\n",
  "😀",
  "é",
  "&",
  "]]>",
  "\0",
  "\u0001",
  "語",
  " ",
  "x".repeat(50),
);
const text = fc
  .array(awkward, { maxLength: 60 })
  .map((parts) => [...parts, "😀".repeat(parts.length * 20)])
  .map((parts) => parts.join(""));
const room = fc.integer({ min: 420, max: 2000 });

/** Through the bytes of a message, as the peer would get it. */
function carried(command: ItemCommand, coding: "xml" | "wbxml"): ItemCommand {
  const ends = { target: { locUri: "a" }, source: { locUri: "b" } };
  const header = { sessionId: "1", msgId: 1, ...ends };
  const message = { version: "1.2", header, commands: [command], isFinal: true } as const;
  const bytes = encodeMessage(message, coding);
  const [first] = decodeMessage(bytes, undefined, DEFAULT_DECODE_LIMITS).message.commands;
  if (first?.type !== "add") throw new Error("not an Add");
  return first;
}

it("what leaves in chunks of any size comes together again, octet by octet", () => {
  fc.assert(
    fc.property(encoding, text, room, (coding, contents, bytes) => {
      const content = Buffer.from(contents);
      const change = { type: "add", ref: 1, guid: toGuid("g"), mediaType: "t/x", content } as const;
      let item = toOutgoing("card", change, coding);
      const draft = {
        room: bytes,
        sizeOf: (command: Parameters<typeof encodedSizeBytes>[0]) =>
          encodedSizeBytes(command, "1.2", coding),
      };
      let outcome: ChunkOutcome | undefined;
      for (let at = 0; at < 200 && outcome?.type !== "whole"; at++) {
        const placed = place(item, draft, { cmdId: "1", canChunk: true });
        if (placed.type === "full" || placed.command.type !== "add") throw new Error("stuck");
        expect(draft.sizeOf(placed.command)).toBeLessThanOrEqual(bytes);
        const command = carried(placed.command, coding);
        const open = outcome?.type === "chunk" ? outcome.chunk : undefined;
        const [only] = command.items;
        if (only === undefined) throw new Error("no item");
        outcome = takeChunk({ uri: "card", luid: "1", command, item: only }, open, 1_000_000);
        expect(outcome.type).not.toBe("refused");
        if (placed.type === "chunk") item = { ...item, sent: placed.sent };
      }
      expect(outcome?.type === "whole" ? Buffer.from(outcome.content).toString() : "").toBe(
        contents,
      );
    }),
  );
});

it("no chunk after the first begins with white space, which libsynthesis would drop", () => {
  const contents = `${"x".repeat(600)}${"\r\n".repeat(5)}${"y ".repeat(400)}`;
  const change = {
    type: "add",
    ref: 1,
    guid: toGuid("g"),
    mediaType: "t/x",
    content: Buffer.from(contents),
  } as const;
  for (let room = 420; room < 1000; room += 1) {
    const draft = {
      room,
      sizeOf: (command: Parameters<typeof encodedSizeBytes>[0]) =>
        encodedSizeBytes(command, "1.2", "xml"),
    };
    const item = toOutgoing("card", change, "xml");
    const placed = place(item, draft, { cmdId: "1", canChunk: true });
    expect(placed.type).toBe("chunk");
    if (placed.type === "chunk") expect(contents.charAt(placed.sent)).not.toMatch(/\s/);
  }
});
