import fc from "fast-check";
import { SaxesParser } from "saxes";
import { describe, expect, it } from "vitest";
import {
  DEFAULT_DECODE_LIMITS,
  decodeDevInf,
  decodeMessage,
  encodeMessage,
  SyncmlError,
} from "../../../syncml/index.ts";
import type { Encoding } from "../../../syncml/index.ts";
import type { Element } from "../../../syncml/codec/element.ts";
import { Budget } from "../../../syncml/codec/limits.ts";
import { readXmlText } from "../../../syncml/codec/xml/read-xml.ts";
import { message } from "../../support/message-arbitrary.ts";

/** Either a message or a SyncmlError of the peer's: whatever the bytes are. */
const survives = (bytes: Uint8Array): boolean => {
  try {
    decodeMessage(bytes, undefined, DEFAULT_DECODE_LIMITS);
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(SyncmlError);
    expect(error).toHaveProperty("fault", "remote");
    return false;
  }
};

const encoding = fc.constantFrom<Encoding[]>("xml", "wbxml");
const encoded = fc
  .tuple(message, encoding)
  .map(([value, kind]) => Uint8Array.from(encodeMessage(value, kind)));

const mutation = fc.record({
  at: fc.nat(),
  drop: fc.nat({ max: 4 }),
  insert: fc.oneof(
    fc.uint8Array({ maxLength: 4 }),
    fc
      .constantFrom("<", "&", "]]>", "<![CDATA[", "<!--", "</Data>", "<Item>", "&#0;", "\0", "<?a")
      .map((text) => new TextEncoder().encode(text)),
  ),
});

const mutate = (
  bytes: Uint8Array,
  changes: readonly { at: number; drop: number; insert: Uint8Array }[],
): Uint8Array =>
  changes.reduce((before, { at, drop, insert }) => {
    const from = at % (before.length + 1);
    return Uint8Array.from([...before.slice(0, from), ...insert, ...before.slice(from + drop)]);
  }, bytes);

describe("decoders", () => {
  it("throw nothing but SyncmlError on any bytes", () => {
    const anyBytes = fc.uint8Array({ maxLength: 200 });
    const headed = anyBytes.map((bytes) =>
      Uint8Array.from([0x02, 0xa4, 0x01, 0x6a, 0x00, 0x6d, 0x6c, ...bytes]),
    );
    fc.assert(
      fc.property(fc.oneof(anyBytes, headed), (bytes) => {
        survives(bytes);
        try {
          decodeDevInf(bytes, DEFAULT_DECODE_LIMITS);
        } catch (error) {
          expect(error).toBeInstanceOf(SyncmlError);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("refuse every prefix of a message", () => {
    fc.assert(
      fc.property(encoded, (bytes) => {
        for (let end = 0; end < bytes.length; end += 1 + Math.floor(bytes.length / 200)) {
          expect(survives(bytes.subarray(0, end))).toBe(false);
        }
      }),
      { numRuns: 20 },
    );
  });

  it("throw nothing but SyncmlError on a message with faults in it", () => {
    fc.assert(
      fc.property(encoded, fc.array(mutation, { minLength: 1, maxLength: 4 }), (bytes, changes) => {
        survives(mutate(bytes, changes));
      }),
      { numRuns: 500 },
    );
  });
});

interface Plain {
  readonly name: string;
  readonly children: Plain[];
  text: string;
}

/** Where we are laxer than XML, and why that changes no tree: each is the beginning of what saxes says. */
const TOLERATED = [
  // What stands in the XML declaration or a processing instruction is not read.
  /XML declaration|expected one of|expected the name|version number|encoding value|processing instruction/i,
  /value must be quoted|whitespace required|value required|is incomplete|standalone/,
  // Nor are comments and attribute names.
  /malformed comment|attribute name/,
  // Quirk(several phones): prefixes that nobody declared; and nonsense around the colon.
  /unbound namespace prefix|malformed name/,
  // Stray characters inside a tag.
  /^\d+:\d+: disallowed character\.$/,
  // Text beside child elements is dropped unread; `</a/>` counts as `<a/>`.
  /"]]>" is disallowed|entity|closing tag/,
  // White space written as a character reference beside the root.
  /text data outside of root node/,
];

/** The tree as saxes sees it; text beside children is dropped as ours is. */
const readWithSaxes = (
  xml: string,
): { readonly root?: Plain | undefined; readonly error?: string } => {
  const stack: Plain[] = [{ name: "", children: [], text: "" }];
  const parser = new SaxesParser({ xmlns: true });
  const errors: string[] = [];
  parser.on("error", (error) => {
    errors.push(error.message);
  });
  parser.on("opentag", (tag) => {
    const isOurs = tag.uri === "" || tag.uri.toLowerCase().startsWith("syncml:");
    const name = isOurs ? tag.local : `{${tag.uri}}${tag.local}`;
    const element: Plain = { name, children: [], text: "" };
    stack.at(-1)?.children.push(element);
    stack.push(element);
  });
  parser.on("closetag", () => {
    const element = stack.pop();
    if (element !== undefined && element.children.length > 0) element.text = "";
  });
  const addText = (text: string): void => {
    const top = stack.at(-1);
    if (top !== undefined) top.text += text;
  };
  parser.on("text", addText);
  parser.on("cdata", addText);
  parser.write(xml).close();
  const error = errors[0];
  return error === undefined ? { root: stack[0]?.children[0] } : { error };
};

const readOurs = (xml: string): Element | undefined => {
  try {
    return readXmlText(xml, new Budget(DEFAULT_DECODE_LIMITS));
  } catch {
    return undefined;
  }
};

describe("saxes as oracle", () => {
  const xml = message.map((value) => new TextDecoder().decode(encodeMessage(value, "xml")));

  it("sees the same tree in every message of ours", () => {
    fc.assert(
      fc.property(xml, (text) => {
        expect({ root: readOurs(text) }).toEqual(readWithSaxes(text));
      }),
    );
  });

  it("accepts, with the same tree, whatever we accept of a faulty one", () => {
    const inserts = [
      ..."< > & ]]> \" ' = : / x \0 é &amp; &#13; &#x41; <![CDATA[x]]> <a/> <a> </a> <?p?>".split(
        " ",
      ),
      ...[" ", "\r\n", "<!-- c -->", '<a b="c"/>', '<a xmlns="urn:x"/>', 'b="<"', 'b="&"'],
    ];
    const edit = fc.record({
      at: fc.nat(),
      drop: fc.nat({ max: 3 }),
      insert: fc.constantFrom(...inserts),
    });
    fc.assert(
      fc.property(xml, fc.array(edit, { minLength: 1, maxLength: 3 }), (text, edits) => {
        const faulty = edits.reduce((before, { at, drop, insert }) => {
          const from = at % (before.length + 1);
          return before.slice(0, from) + insert + before.slice(from + drop);
        }, text);
        const ours = readOurs(faulty);
        if (ours === undefined) return;
        const { root, error } = readWithSaxes(faulty.trim());
        if (error === undefined) expect(ours).toEqual(root);
        else
          expect(
            TOLERATED.some((reason) => reason.test(error)),
            error,
          ).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
