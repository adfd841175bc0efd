import { describe, expect, it } from "vitest";
import {
  DEFAULT_DECODE_LIMITS,
  decodeDevInf,
  decodeMessage,
  encodeMessage,
  SyncmlError,
} from "../../../syncml/index.ts";
import type { Command, DevInf, Encoding, Message } from "../../../syncml/index.ts";

/** What devices get wrong and is read all the same, and what is refused; on messages that both encodings carried. */

const HEADER =
  "<SyncHdr><VerDTD>1.1</VerDTD><VerProto>SyncML/1.1</VerProto><SessionID>1</SessionID>" +
  "<MsgID>1</MsgID><Target><LocURI>a</LocURI></Target><Source><LocURI>b</LocURI></Source></SyncHdr>";

const decode = (bytes: Uint8Array, contentType?: string): Message =>
  decodeMessage(bytes, contentType, DEFAULT_DECODE_LIMITS).message;

const document = (body: string, root = "<SyncML>"): Uint8Array =>
  new TextEncoder().encode(`${root}${HEADER}<SyncBody>${body}</SyncBody></SyncML>`);

const ENCODINGS: readonly Encoding[] = ["xml", "wbxml"];

describe.each(ENCODINGS)("through %s", (encoding) => {
  const commandsOf = (body: string): readonly Command[] => {
    const message = decode(document(body));
    return decode(encodeMessage(message, encoding)).commands;
  };

  it("Sony Ericsson: an empty Target", () => {
    const [add] = commandsOf("<Add><CmdID>1</CmdID><Item><Target/></Item></Add>");
    expect(add).toMatchObject({ items: [{ target: { locUri: "" } }] });
  });

  it("elements of nobody inside known ones", () => {
    const [add] = commandsOf("<Add><CmdID>1</CmdID><X><Y/></X><Item><Z>z</Z></Item></Add>");
    expect(add).toEqual({ type: "add", cmdId: "1", items: [{}] });
  });

  it("a MetInf around what Meta holds", () => {
    const meta = "<Meta><MetInf><Type>t</Type></MetInf></Meta>";
    const [add] = commandsOf(`<Add><CmdID>1</CmdID>${meta}</Add>`);
    expect(add).toMatchObject({ meta: { type: "t" } });
  });

  it("DevInf 1.1: one flat CTCap for several types, and no Rx-Pref", () => {
    const ctCap =
      "<CTType>text/x-vcard</CTType><PropName>BEGIN</PropName><ValEnum>VCARD</ValEnum>" +
      "<PropName>TEL</PropName><DataType>chr</DataType><Size>40</Size>" +
      "<ParamName>CELL</ParamName><ParamName>TYPE</ParamName><ValEnum>HOME</ValEnum>" +
      "<CTType>text/x-vcalendar</CTType><PropName>END</PropName>";
    const devInf =
      "<DevInf><VerDTD>1.1</VerDTD><DevID>1</DevID><DevTyp>phone</DevTyp><DataStore>" +
      `<SourceRef>./c</SourceRef></DataStore><CTCap>${ctCap}</CTCap></DevInf>`;
    const [put] = commandsOf(`<Put><CmdID>1</CmdID><Item><Data>${devInf}</Data></Item></Put>`);
    const expected: DevInf = {
      verDtd: "1.1",
      devId: "1",
      devTyp: "phone",
      datastores: [{ sourceRef: "./c", rx: [], tx: [], syncCap: [] }],
      ctCaps: [
        {
          ctType: "text/x-vcard",
          properties: [
            { name: "BEGIN", valEnums: ["VCARD"] },
            {
              name: "TEL",
              dataType: "chr",
              maxSize: 40,
              params: [{ name: "CELL" }, { name: "TYPE", valEnums: ["HOME"] }],
            },
          ],
        },
        { ctType: "text/x-vcalendar", properties: [{ name: "END" }] },
      ],
    };
    expect(put).toMatchObject({ items: [{ data: { type: "devInf", devInf: expected } }] });
  });

  it("Mobical: a DevInf in CDATA", () => {
    const devInf = '<?xml version="1.0"?><DevInf><VerDTD>1.1</VerDTD><DevID>7</DevID></DevInf>';
    const data = `<Data><![CDATA[${devInf}]]></Data>`;
    const [put] = commandsOf(`<Put><CmdID>1</CmdID><Item>${data}</Item></Put>`);
    expect(put).toMatchObject({ items: [{ data: { devInf: { devId: "7", devTyp: "" } } }] });
  });

  it("the same text in an item stays text", () => {
    const data = "<Data>&lt;DevInf>&lt;/DevInf></Data>";
    const [add] = commandsOf(`<Add><CmdID>1</CmdID><Item>${data}</Item></Add>`);
    expect(add).toMatchObject({ items: [{ data: { type: "text", text: "<DevInf></DevInf>" } }] });
  });
});

describe("namespaces", () => {
  it.each([
    ["none", "<SyncML>"],
    ["in capitals", '<SyncML xmlns="syncml:syncml1.1">'],
    ["of another version", '<SyncML xmlns="SYNCML:SYNCML1.2">'],
  ])("%s", (_claim, root) => {
    expect(decode(document("<Final/>", root)).isFinal).toBe(true);
  });

  it("a stranger's element is not SyncML's, whatever its name", () => {
    const body = '<Add xmlns="urn:x"><CmdID xmlns="SYNCML:SYNCML1.1">5</CmdID></Add>';
    expect(decode(document(body)).commands).toEqual([
      { type: "unknown", name: "{urn:x}Add", cmdId: "5" },
    ]);
  });
});

describe("refused", () => {
  const codeOf = (run: () => unknown): unknown => {
    try {
      run();
    } catch (error) {
      return error instanceof SyncmlError ? error.code : error;
    }
    return undefined;
  };

  it.each([
    ["no CmdID", "<Add/>"],
    ["an empty CmdID", "<Add><CmdID/></Add>"],
    ["the CmdID of the header", "<Add><CmdID>0</CmdID></Add>"],
    ["a Status without code", "<Status><CmdID>1</CmdID></Status>"],
    ["markup as data", "<Add><CmdID>1</CmdID><Item><Data><b/></Data></Item></Add>"],
  ])("%s", (_claim, body) => {
    expect(codeOf(() => decode(document(body)))).toBe("SYNCML_MALFORMED");
  });

  it.each([
    ["text/html", "<SyncML/>", "SYNCML_MEDIA_TYPE"],
    ["application/octet-stream", "BEGIN:VCARD", "SYNCML_MEDIA_TYPE"],
    ["application/vnd.syncml+xml", "BEGIN:VCARD", "SYNCML_MALFORMED"],
    ["application/vnd.syncml+wbxml; charset=UTF-8", "", "SYNCML_MALFORMED"],
  ])("%s that holds %j", (contentType, text, code) => {
    expect(codeOf(() => decode(new TextEncoder().encode(text), contentType))).toBe(code);
  });

  it("a DevInf document of another kind", () => {
    const bytes = document("<Final/>");
    expect(codeOf(() => decodeDevInf(bytes, DEFAULT_DECODE_LIMITS))).toBe("SYNCML_MALFORMED");
  });

  it("what an older version cannot say, as our fault", () => {
    const chunk: Command = { type: "add", cmdId: "1", items: [{ moreData: true }] };
    const message: Message = { ...decode(document("")), version: "1.0", commands: [chunk] };
    expect(() => encodeMessage(message, "xml")).toThrow(
      expect.objectContaining({ fault: "local" }),
    );
  });
});
