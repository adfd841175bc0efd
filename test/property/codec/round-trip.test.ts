import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Data, Message } from "../../../syncml/model/message.ts";
import {
  DEFAULT_DECODE_LIMITS,
  decodeDevInf,
  decodeMessage,
  emptyMessageSizeBytes,
  encodeDevInf,
  encodedSizeBytes,
  encodeMessage,
} from "../../../syncml/index.ts";
import type { Encoding } from "../../../syncml/index.ts";
import { devInfOf, message, xmlText } from "../../support/message-arbitrary.ts";

const ENCODINGS: readonly Encoding[] = ["xml", "wbxml"];

const decode = (bytes: Uint8Array): Message =>
  decodeMessage(bytes, undefined, DEFAULT_DECODE_LIMITS).message;

describe.each(ENCODINGS)("%s", (encoding) => {
  it("gives back every message as it was", () => {
    fc.assert(
      fc.property(message, (value) => {
        expect(decode(encodeMessage(value, encoding))).toEqual(value);
      }),
    );
  });

  it("gives back every DevInf document as it was", () => {
    const devInf = fc.oneof(devInfOf("1.0"), devInfOf("1.1"), devInfOf("1.2"));
    fc.assert(
      fc.property(devInf, (value) => {
        expect(decodeDevInf(encodeDevInf(value, encoding), DEFAULT_DECODE_LIMITS)).toEqual(value);
      }),
    );
  });

  it("never counts fewer bytes than a message has, and hardly more", () => {
    fc.assert(
      fc.property(message, (value) => {
        const counted = value.commands.reduce(
          (sum, command) => sum + encodedSizeBytes(command, value.version, encoding),
          emptyMessageSizeBytes(value, encoding),
        );
        const real = encodeMessage({ ...value, isFinal: true }, encoding).length;
        expect(counted).toBeGreaterThanOrEqual(real);
        expect(counted).toBeLessThanOrEqual(real + (encoding === "xml" ? 0 : 2));
      }),
    );
  });
});

const withData = (data: Data): Message => ({
  version: "1.2",
  header: { sessionId: "1", msgId: 1, target: { locUri: "a" }, source: { locUri: "b" } },
  commands: [{ type: "add", cmdId: "1", items: [{ data }] }],
  isFinal: true,
});

describe("both encodings", () => {
  it("say the same", () => {
    fc.assert(
      fc.property(message, (value) => {
        const [xml, wbxml] = ENCODINGS.map((encoding) => decode(encodeMessage(value, encoding)));
        expect(wbxml).toEqual(xml);
      }),
    );
  });

  it("keep an item's text byte for byte", () => {
    fc.assert(
      fc.property(xmlText, (text) => {
        const value = withData({ type: "text", text });
        for (const encoding of ENCODINGS) {
          expect(decode(encodeMessage(value, encoding))).toEqual(value);
        }
      }),
    );
  });
});

describe("wbxml data", () => {
  it("keeps any bytes: as text where they are UTF-8, as bytes where they are not", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const decoded = decode(encodeMessage(withData({ type: "bytes", bytes }), "wbxml"));
        const [command] = decoded.commands;
        const data = command?.type === "add" ? command.items[0]?.data : undefined;
        const back =
          data?.type === "bytes"
            ? Uint8Array.from(data.bytes)
            : new TextEncoder().encode(data?.type === "text" ? data.text : "none");
        expect(back).toEqual(bytes);
      }),
    );
  });
});
