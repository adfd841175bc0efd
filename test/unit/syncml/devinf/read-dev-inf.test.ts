import { describe, expect, it } from "vitest";
import {
  decodeMessage,
  DEFAULT_DECODE_LIMITS,
  encodeMessage,
  type DevInf,
  type Message,
} from "../../../../syncml/index.ts";

const messageWith = (command: string): string =>
  `<SyncML><SyncHdr><VerDTD>1.1</VerDTD><VerProto>SyncML/1.1</VerProto><SessionID>1</SessionID><MsgID>1</MsgID>
<Target><LocURI>s</LocURI></Target><Source><LocURI>d</LocURI></Source></SyncHdr><SyncBody>${command}<Final/></SyncBody></SyncML>`;

const put = (data: string): string =>
  `<Put><CmdID>1</CmdID><Item><Source><LocURI>./devinf11</LocURI></Source><Data>${data}</Data></Item></Put>`;

const devInfOf = ({ commands: [command] }: Message): DevInf | undefined => {
  const data = command !== undefined && "items" in command ? command.items[0]?.data : undefined;
  return data?.type === "devInf" ? data.devInf : undefined;
};

const read = (data: string, command = put): DevInf | undefined =>
  devInfOf(
    decodeMessage(Buffer.from(messageWith(command(data))), undefined, DEFAULT_DECODE_LIMITS)
      .message,
  );

const BASE = "<VerDTD>1.1</VerDTD><Man>M</Man><DevID>d</DevID><DevTyp>phone</DevTyp>";

describe("a DevInf is read as far as it makes sense", () => {
  it.each([
    ["in place", `<DevInf xmlns='syncml:devinf'>${BASE}</DevInf>`],
    ["in CDATA (Mobical)", `<![CDATA[<DevInf>${BASE}</DevInf>]]>`],
    [
      "in CDATA, as a document",
      `<![CDATA[<?xml version="1.0"?><DevInf xmlns="syncml:devinf">${BASE}</DevInf>]]>`,
    ],
    [
      "in any order",
      "<DevInf><DevTyp>phone</DevTyp><DevID>d</DevID><Man>M</Man><VerDTD>1.1</VerDTD></DevInf>",
    ],
  ])("%s", (_how, data) => {
    expect(read(data)).toMatchObject({ man: "M", devId: "d", devTyp: "phone", datastores: [] });
  });

  it("with values of TYPE as parameters (Nokia 7610), flat as 1.1 has it", () => {
    const flat = `<CTCap><CTType>text/x-vcard</CTType><PropName>TEL</PropName><Size>30</Size><ParamName>HOME</ParamName>
<ParamName>CELL</ParamName><PropName>N</PropName></CTCap>`;
    expect(read(`<DevInf>${BASE}${flat}</DevInf>`)?.ctCaps).toEqual([
      {
        ctType: "text/x-vcard",
        properties: [
          { name: "TEL", maxSize: 30, params: [{ name: "HOME" }, { name: "CELL" }] },
          { name: "N" },
        ],
      },
    ]);
  });

  it("with TYPE and its values (Nokia E90), nested as 1.2 has it, and properties without their shell", () => {
    const nested = `<CTCap><CTType>text/x-vcard</CTType><VerCT>2.1</VerCT><Property><PropName>TEL</PropName><PropParam>
<ParamName>TYPE</ParamName><ValEnum>HOME</ValEnum><ValEnum>CELL</ValEnum></PropParam></Property><PropName>N</PropName></CTCap>`;
    const store = `<DataStore><SourceRef>./c</SourceRef>${nested}</DataStore>`;
    expect(
      read(`<DevInf>${BASE}${store}</DevInf>`)?.datastores[0]?.ctCaps?.[0]?.properties,
    ).toEqual([
      { name: "TEL", params: [{ name: "TYPE", valEnums: ["HOME", "CELL"] }] },
      { name: "N" },
    ]);
  });

  it("with sync types that nobody knows, and a datastore that says next to nothing", () => {
    const caps =
      "<SyncCap><SyncType>1</SyncType><SyncType>99</SyncType><SyncType>x</SyncType></SyncCap>";
    const stores = `<DataStore><SourceRef>./c</SourceRef>${caps}</DataStore><DataStore/>`;
    expect(read(`<DevInf>${BASE}${stores}</DevInf>`)?.datastores).toMatchObject([
      { sourceRef: "./c", rx: [], tx: [], syncCap: [1, 99] },
      { syncCap: [] },
    ]);
  });

  it("that says nothing at all", () => {
    expect(read("<DevInf/>")).toMatchObject({ datastores: [] });
  });
});

it.each(["put", "results"] as const)("WBXML within %s in WBXML comes back whole", (type) => {
  const devInf: DevInf = {
    verDtd: "1.1",
    man: "M",
    devId: "d",
    devTyp: "phone",
    utc: true,
    datastores: [{ sourceRef: "./c", rx: [], tx: [], syncCap: [1, 2] }],
    ctCaps: [{ ctType: "text/x-vcard", properties: [{ name: "TEL", maxSize: 30 }] }],
  };
  const items = [{ source: { locUri: "./devinf11" }, data: { type: "devInf", devInf } }] as const;
  const message: Message = {
    version: "1.1",
    header: { sessionId: "1", msgId: 1, target: { locUri: "s" }, source: { locUri: "d" } },
    commands: [{ type, cmdId: "1", cmdRef: "1", items }],
    isFinal: true,
  };
  const bytes = encodeMessage(message, "wbxml");
  expect(devInfOf(decodeMessage(bytes, undefined, DEFAULT_DECODE_LIMITS).message)).toEqual(devInf);
});
