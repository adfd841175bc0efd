import { describe, expect, it } from "vitest";
import type { Item, ItemCommand, Meta } from "../../../../syncml/model/message.ts";
import { takeChunk, type ChunkOutcome } from "../../../../syncml/session/incoming-chunk.ts";
import type { IncomingChunk } from "../../../../syncml/session/incoming-chunk.ts";

const MAX = 100;

function take(parts: readonly string[], meta: Meta, max = MAX): readonly ChunkOutcome[] {
  let open: IncomingChunk | undefined;
  return parts.map((text, at) => {
    const isLast = at === parts.length - 1;
    const item: Item = {
      ...(at === 0 ? { meta } : {}),
      data: { type: "text", text },
      ...(isLast ? {} : { moreData: true }),
    };
    const command: ItemCommand = { type: "add", cmdId: "1", items: [item] };
    const outcome = takeChunk({ uri: "card", luid: "1", command, item }, open, max);
    open = outcome.type === "whole" ? undefined : outcome.chunk;
    return outcome;
  });
}

const statuses = (outcomes: readonly ChunkOutcome[]): readonly (number | string)[] =>
  outcomes.map((each) =>
    each.type === "whole" ? Buffer.from(each.content).toString() : each.status,
  );

describe("chunks of an item", () => {
  it.each<[string, readonly string[], Meta, readonly (number | string)[]]>([
    ["whole", ["abc"], {}, ["abc"]],
    ["whole, of a wrong Size: not ours to say", ["abc"], { size: 9 }, ["abc"]],
    ["in three", ["ab", "cd", "e"], { size: 5 }, [213, 213, "abcde"]],
    ["Size one too many", ["ab", "c"], { size: 4 }, [213, "abc"]],
    ["CR LF that XML made LF", ["a\nb\n", "c\n\nd"], { size: 12 }, [213, "a\nb\nc\n\nd"]],
    ["Size two too many", ["ab", "c"], { size: 5 }, [213, 424]],
    ["Size too small", ["ab", "cde"], { size: 3 }, [213, 424]],
    ["no Size", ["ab", "c", "d"], {}, [411, 411, 411]],
    ["Size too big", ["ab", "c"], { size: 102 }, [416, 416]],
    ["turns out too big", ["a".repeat(60), "b".repeat(60), "c"], { size: 99 }, [213, 413, 413]],
    ["octets, not characters", ["\u00e9", "\u00e9"], { size: 4 }, [213, "\u00e9\u00e9"]],
    ["base64", ["YWJ", "jZA=="], { size: 8, format: "b64" }, [213, "abcd"]],
    ["base64, Size before it", ["YWJjZGVm", "Z2g="], { size: 8, format: "b64" }, [213, "abcdefgh"]],
  ])("%s", (_name, parts, meta, expected) => {
    expect(statuses(take(parts, meta))).toEqual(expected);
  });

  it("the media type of the first chunk holds", () => {
    const [, last] = take(["a", "b"], { size: 2, type: "text/vcard" });
    expect(last).toMatchObject({ type: "whole", mediaType: "text/vcard" });
  });
});
