import { describe, expect, it } from "vitest";
import {
  DEFAULT_DECODE_LIMITS,
  decodeMessage,
  encodeMessage,
  SyncmlError,
} from "../../../../syncml/index.ts";
import type { Data, DecodeLimits, Message } from "../../../../syncml/index.ts";

const HEADER =
  "<SyncHdr><VerDTD>1.2</VerDTD><VerProto>SyncML/1.2</VerProto><SessionID>1</SessionID>" +
  "<MsgID>1</MsgID><Target><LocURI>a</LocURI></Target><Source><LocURI>b</LocURI></Source></SyncHdr>";

const withBody = (body: string): string => `<SyncML>${HEADER}<SyncBody>${body}</SyncBody></SyncML>`;
const withItem = (item: string): string =>
  withBody(`<Add><CmdID>1</CmdID><Item>${item}</Item></Add>`);
const EMPTY = withBody("<Final/>");

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const latin1 = (text: string): Uint8Array => Buffer.from(text, "latin1");

const decode = (
  xml: string | Uint8Array,
  contentType?: string,
  limits: DecodeLimits = DEFAULT_DECODE_LIMITS,
): Message => decodeMessage(typeof xml === "string" ? utf8(xml) : xml, contentType, limits).message;

const dataOf = (message: Message): Data | undefined => {
  const [command] = message.commands;
  return command?.type === "add" ? command.items[0]?.data : undefined;
};

const textOf = (xml: string | Uint8Array, contentType?: string): unknown => {
  const data = dataOf(decode(xml, contentType));
  return data?.type === "text" ? data.text : data;
};

const codeOf = (run: () => unknown): string => {
  try {
    run();
    return "nothing was thrown";
  } catch (error) {
    return error instanceof SyncmlError ? error.code : String(error);
  }
};

describe("text", () => {
  it.each([
    ["is not trimmed", "<Data> 007 </Data>", " 007 "],
    ["that looks like a number stays text", "<Data>0x1F</Data>", "0x1F"],
    ["that looks like a phone number stays text", "<Data>+4917012</Data>", "+4917012"],
    ["keeps predefined entities apart", "<Data>&amp;lt; &lt;&gt;&quot;&apos;</Data>", "&lt; <>\"'"],
    ["keeps a CR that is written as a reference", "<Data>a&#13;\nb&#xD;&#10;</Data>", "a\r\nb\r\n"],
    ["has its line ends as XML says", "<Data>a\r\nb\rc</Data>", "a\nb\nc"],
    ["joins CDATA with what is around it", "<Data>a<![CDATA[<b>&amp;]]>c</Data>", "a<b>&amp;c"],
    ["may hold a DOCTYPE in CDATA", "<Data><![CDATA[<!DOCTYPE html>]]></Data>", "<!DOCTYPE html>"],
    ["has no comments", "<Data>a<!-- <!DOCTYPE x> -->b</Data>", "ab"],
    ["may lie beyond the basic plane", "<Data>&#x1F600;😀</Data>", "😀😀"],
    ["may be empty", "<Data/>", ""],
    ["may be white", "<Data>\n </Data>", "\n "],
  ])("%s", (_claim, item, text) => {
    expect(textOf(withItem(item))).toBe(text);
  });

  it("keeps the order of commands", () => {
    const command = (name: string, id: number): string =>
      `<${name}><CmdID>${String(id)}</CmdID></${name}>`;
    const body = command("Add", 1) + command("Delete", 2) + command("Add", 3);
    expect(decode(withBody(body)).commands.map(({ cmdId }) => cmdId)).toEqual(["1", "2", "3"]);
  });
});

describe("charset", () => {
  const item = "<Data>Zoë</Data>";
  const declared = `<?xml version="1.0" encoding="ISO-8859-1"?>${withItem(item)}`;
  const marked = `\ufeff${withItem(item)}`;
  const utf16be = Buffer.from(marked, "utf16le").swap16();

  it.each([
    ["UTF-8 unless something else is said", utf8(withItem(item)), undefined],
    ["the header's", latin1(withItem(item)), "application/vnd.syncml+xml; charset=ISO-8859-1"],
    ["the header's in quotes", latin1(withItem(item)), 'text/xml;charset="iso-8859-1"'],
    ["the declaration's", latin1(declared), "application/vnd.syncml+xml"],
    ["the header's against the declaration", utf8(declared), "text/xml; charset=utf-8"],
    ["UTF-8 by its mark", utf8(marked), "text/xml; charset=iso-8859-1"],
    ["UTF-16 by its mark", Buffer.from(marked, "utf16le"), undefined],
    ["UTF-16 the other way round", utf16be, undefined],
  ])("is %s", (_claim, bytes, contentType) => {
    expect(textOf(bytes, contentType)).toBe("Zoë");
  });

  it("is never guessed: bytes that are not UTF-8 are refused", () => {
    expect(codeOf(() => decode(latin1(withItem(item))))).toBe("SYNCML_MALFORMED");
  });

  it("is refused where it is unknown", () => {
    const contentType = "application/vnd.syncml+xml; charset=constructor";
    expect(codeOf(() => decode(EMPTY, contentType))).toBe("SYNCML_MEDIA_TYPE");
  });
});

describe("prolog and tail", () => {
  const doctype = '<!DOCTYPE SyncML PUBLIC "-//SYNCML//DTD SyncML 1.1//EN" "http://x/syncml.dtd">';
  it.each([
    ["a declaration", `<?xml version="1.0"?>${EMPTY}`],
    ["a bare DOCTYPE", `<?xml version="1.0"?>\n${doctype}\n${EMPTY}`],
    ["a DOCTYPE without identifiers", `<!DOCTYPE SyncML>${EMPTY}`],
    ["comments and instructions", `<!-- a --><?b c?>${doctype}<!-- d -->${EMPTY}<!-- e -->`],
    ["white space before the declaration", `\r\n<?xml version="1.0"?>${EMPTY}`],
    ["white space behind the root", `${EMPTY}\r\n\t `],
    ["zero bytes behind the root", `${EMPTY}\n\0\0`],
  ])("may have %s", (_claim, xml) => {
    expect(decode(xml).isFinal).toBe(true);
  });

  it.each([
    ["a DTD subset", `<!DOCTYPE SyncML [<!ELEMENT a ANY>]>${EMPTY}`],
    ["an entity", `<!DOCTYPE SyncML [<!ENTITY a "b">]>${EMPTY}`],
    ["an external entity", `<!DOCTYPE S [<!ENTITY a SYSTEM "file:///etc/passwd">]>${EMPTY}`],
    ["a parameter entity", `<!DOCTYPE SyncML [<!ENTITY % a SYSTEM "http://x"> %a;]>${EMPTY}`],
    ["another document's DOCTYPE", `<!DOCTYPE html>${EMPTY}`],
    ["a second DOCTYPE", doctype + doctype + EMPTY],
    ["a DOCTYPE in the root", withBody(doctype)],
    ["a DOCTYPE behind the root", EMPTY + doctype],
    ["an ENTITY alone", `<!ENTITY a "b">${EMPTY}`],
    ["two roots", EMPTY + EMPTY],
    ["text before the root", `hello${EMPTY}`],
    ["text behind the root", `${EMPTY}hello`],
    ["no root", '<?xml version="1.0"?>'],
    ["another root", "<html/>"],
    ["an unfinished comment", `<!-- ${EMPTY}`],
  ])("may not have %s", (_claim, xml) => {
    expect(codeOf(() => decode(xml, "application/vnd.syncml+xml"))).toBe("SYNCML_MALFORMED");
  });
});

describe("what is not well-formed is refused:", () => {
  it.each([
    ["a missing end tag", EMPTY.replace("</SyncBody>", "")],
    ["a wrong end tag", EMPTY.replace("</SyncBody>", "</SyncHdr>")],
    ["a control character", withItem("<Data>\u0001</Data>")],
    ["a zero in the middle", withItem("<Data>\0</Data>")],
    ["a control character as reference", withItem("<Data>&#1;</Data>")],
    ["a zero as reference", withItem("<Data>&#0;</Data>")],
    ["a reference beyond Unicode", withItem("<Data>&#x110000;</Data>")],
    ["half of a surrogate pair", withItem("<Data>&#xD800;</Data>")],
    ["an undeclared entity", withItem("<Data>&nbsp;</Data>")],
    ["a bare ampersand", withItem("<Data>a & b</Data>")],
    ["]]> in text", withItem("<Data>]]></Data>")],
    ["unfinished CDATA", withItem("<Data><![CDATA[x</Data>")],
    ["an attribute twice", withItem('<Data a="1" a="2"/>')],
    ["markup in an attribute", withItem('<Data a="<"/>')],
    ["__proto__ as element", withItem("<__proto__><x/></__proto__>")],
    ["constructor as element", withItem("<constructor/>")],
  ])("%s", (_claim, xml) => {
    expect(codeOf(() => decode(xml))).toBe("SYNCML_MALFORMED");
  });

  it("does no harm to name an element as a method of objects", () => {
    const message = decode(
      withItem('<toString/><hasOwnProperty/><valueOf>x</valueOf><Data __proto__="x">y</Data>'),
    );
    expect(dataOf(message)).toEqual({ type: "text", text: "y" });
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
  });
});

describe("bombs", () => {
  const timed = (run: () => unknown): number => {
    const start = performance.now();
    codeOf(run);
    return performance.now() - start;
  };

  it("a billion laughs are refused unread", () => {
    const entities = Array.from(
      { length: 10 },
      (_, i) => `<!ENTITY l${String(i + 1)} "${`&l${String(i)};`.repeat(10)}">`,
    );
    const bomb = `<!DOCTYPE SyncML [<!ENTITY l0 "lol">${entities.join("")}]>${withItem("<Data>&l10;</Data>")}`;
    expect(codeOf(() => decode(bomb))).toBe("SYNCML_MALFORMED");
  });

  it("a long entity used often is refused unread", () => {
    const bomb = `<!DOCTYPE SyncML [<!ENTITY a "${"x".repeat(9999)}">]>${withItem(`<Data>${"&a;".repeat(100_000)}</Data>`)}`;
    expect(codeOf(() => decode(bomb))).toBe("SYNCML_MALFORMED");
  });

  it("half a million numeric references are read in time", () => {
    const xml = withItem(`<Data>${"&#65;".repeat(500_000)}</Data>`);
    expect(timed(() => decode(xml))).toBeLessThan(2000);
    expect(textOf(xml)).toHaveLength(500_000);
  });

  it("depth is bounded at 32", () => {
    const nested = (depth: number): string =>
      withBody("<Atomic>".repeat(depth - 2) + "</Atomic>".repeat(depth - 2));
    expect(codeOf(() => decode(nested(33)))).toBe("SYNCML_MALFORMED");
    const deep = { ...DEFAULT_DECODE_LIMITS };
    expect(codeOf(() => decode(nested(200_000), undefined, deep))).toBe("SYNCML_MALFORMED");
    const junk = withItem("<a>".repeat(28) + "</a>".repeat(28));
    expect(codeOf(() => decode(junk))).toBe("nothing was thrown");
  });

  it("elements are counted", () => {
    const xml = withBody("<Final/>".repeat(200_001));
    expect(codeOf(() => decode(xml))).toBe("SYNCML_TOO_LARGE");
  });

  it("a body one byte too long is refused unread", () => {
    const limits = { ...DEFAULT_DECODE_LIMITS, maxBytes: utf8(EMPTY).length - 1 };
    expect(codeOf(() => decode(EMPTY, undefined, limits))).toBe("SYNCML_TOO_LARGE");
  });

  it.each([
    ["open brackets", "<".repeat(1_000_000)],
    ["open comments", "<!--".repeat(250_000)],
    ["open CDATA", `<SyncML>${"<![CDATA[".repeat(100_000)}`],
    ["a declaration of spaces", `<!DOCTYPE SyncML${" ".repeat(1_000_000)}`],
    ["ampersands", withItem(`<Data>${"&".repeat(1_000_000)}</Data>`)],
    ["attributes", `<SyncML ${'a="'.repeat(300_000)}`],
    ["spaces in a token", withItem(`<Meta><Type>${" ".repeat(1_000_000)}x</Type></Meta>`)],
    ["spaces and zeros behind the root", `${EMPTY}${" \n".repeat(500_000)}x`],
  ])("a million %s end soon", (_claim, xml) => {
    expect(timed(() => decode(xml))).toBeLessThan(2000);
  });
});

describe("writing", () => {
  const message = (text: string): Message => ({
    version: "1.2",
    header: { sessionId: "1", msgId: 1, target: { locUri: "a" }, source: { locUri: "b" } },
    commands: [{ type: "add", cmdId: "1", items: [{ data: { type: "text", text } }] }],
    isFinal: false,
  });

  it("escapes what markup is, and a CR", () => {
    const xml = new TextDecoder().decode(encodeMessage(message('<&>"]]>\r\n'), "xml"));
    expect(xml).toContain('<Data>&lt;&amp;&gt;"]]&gt;&#13;\n</Data>');
    expect(xml).toContain('<SyncML xmlns="SYNCML:SYNCML1.2">');
  });

  it.each(["\0", "\u001b", "\ufffe", "\ud800"])("refuses %j, as our fault", (text) => {
    expect(() => encodeMessage(message(text), "xml")).toThrow(
      expect.objectContaining({ code: "SYNCML_MALFORMED", fault: "local" }),
    );
  });
});
