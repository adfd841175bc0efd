import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  DEFAULT_DECODE_LIMITS,
  DEVINF_MEDIA_TYPES,
  decodeMessage,
  encodeMessage,
} from "../../syncml/index.ts";
import type { Encoding, Message } from "../../syncml/index.ts";

/** libwbxml as judge: what it makes of our bytes must be our message, and we must read what it makes of our XML. */

const SAMPLES = ["samples/sessions/first", "samples/sessions/two-way", "test/vectors/syncml"];
const TOOLS = ["/usr/bin/wbxml2xml", "/usr/bin/xml2wbxml"];
const isInstalled = TOOLS.every((tool) => existsSync(tool));

/** Its MD5 digest is raw octets, which wbxml2xml writes into XML as they are. */
const NOT_FOR_XML = "syncevolution-1.0-init.wbxml";

const files = SAMPLES.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => /\.(?:xml|wbxml)$/.test(name) && name !== NOT_FOR_XML)
    .map((name) => join(folder, name)),
);

const decode = (bytes: Uint8Array): Message =>
  decodeMessage(bytes, undefined, DEFAULT_DECODE_LIMITS).message;

/** The message as one writes it in that encoding: the type of a DevInf goes with it. */
const typedFor = (message: Message, encoding: Encoding): Message => {
  const other = encoding === "xml" ? "wbxml" : "xml";
  const json = JSON.stringify(message);
  return JSON.parse(
    json.replaceAll(DEVINF_MEDIA_TYPES[other], DEVINF_MEDIA_TYPES[encoding]),
  ) as Message;
};

/** libwbxml normalises line ends of item data: CRLF to LF in XML, every LF to CRLF in the WBXML of a vCard. */
const comparable = (message: Message): Message =>
  JSON.parse(
    JSON.stringify(typedFor(message, "xml")).replace(/(?:\\r)*\\n/g, String.raw`\n`),
  ) as Message;

describe("libwbxml", () => {
  it("is there, or this suite says that it is not", () => {
    if (!isInstalled) process.stderr.write("libwbxml2-utils is not installed: not compared\n");
    expect(isInstalled || process.env["CARDSYNC_E2E"] !== "1").toBe(true);
  });

  describe.skipIf(!isInstalled)("on every sample", () => {
    let folder = "";
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), "cardsync-libwbxml-"));
    });
    afterAll(() => {
      rmSync(folder, { recursive: true });
    });

    const convert = (tool: string, options: readonly string[], input: Uint8Array): Uint8Array => {
      const [from, to] = [join(folder, "in"), join(folder, "out")];
      writeFileSync(from, input);
      execFileSync(tool, [...options, "-o", to, from], { stdio: "pipe" });
      return readFileSync(to);
    };

    it.each(files)("reads our WBXML of %s", (file) => {
      const message = decode(readFileSync(file));
      const wbxml = encodeMessage(typedFor(message, "wbxml"), "wbxml");
      const xml = convert("wbxml2xml", ["-m", "0", "-k"], wbxml);
      expect(comparable(decode(xml))).toEqual(comparable(message));
    });

    // Its string tables take minutes for a large message: -n.
    it.each(files)("writes WBXML that we read, of %s", (file) => {
      const message = decode(readFileSync(file));
      const xml = encodeMessage(typedFor(message, "xml"), "xml");
      const wbxml = convert("xml2wbxml", ["-n", "-v", "1.2"], xml);
      expect(comparable(decode(wbxml))).toEqual(comparable(message));
    });

    it.each(files.filter((file) => file.endsWith(".wbxml")))("agrees with us on %s", (file) => {
      const bytes = readFileSync(file);
      const xml = convert("wbxml2xml", ["-m", "0", "-k"], bytes);
      expect(comparable(decode(xml))).toEqual(comparable(decode(bytes)));
    });
  });
});
