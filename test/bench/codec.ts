import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  decodeMessage,
  DEFAULT_DECODE_LIMITS,
  type Encoding,
  encodeMessage,
  type Message,
} from "../../syncml/index.ts";
import { vcard } from "../support/bridge-world.ts";

const TOOLS = { wbxml2xml: "/usr/bin/wbxml2xml", xml2wbxml: "/usr/bin/xml2wbxml" } as const;
const MB = 1024 * 1024;
/** A tool takes longer than in proportion to the size, and its start is taken off: no more than a phone may send. */
const ITEMS = 500;
const ROUNDS = 5;
const LARGE = {
  ...DEFAULT_DECODE_LIMITS,
  maxBytes: 64 * MB,
  maxDecoded: 64 * MB,
  maxElements: 1e7,
};

/** Whether libwbxml's tools are there to be measured beside ours. */
export const hasTools = (): boolean => Object.values(TOOLS).every((path) => existsSync(path));

/** Decoding and encoding of a message with 500 contacts, MB of the encoded message a second, best of five. */
export function runCodecBench(say: (line: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "bench-codec-"));
  try {
    const [large, small] = [messageWith(ITEMS), messageWith(1)];
    for (const encoding of ["xml", "wbxml"] as const) {
      const bytes = encodeMessage(large, encoding);
      const mb = bytes.length / MB;
      const type = `application/vnd.syncml+${encoding}`;
      const decode = best(() => decodeMessage(bytes, type, LARGE));
      const encode = best(() => encodeMessage(large, encoding));
      say(
        `${encoding}: decode ${rate(mb, decode)}, encode ${rate(mb, encode)} (${mb.toFixed(1)} MB)`,
      );
      if (!hasTools()) continue;
      const tool = encoding === "xml" ? "xml2wbxml" : "wbxml2xml";
      const ms = toolMs(folder, tool, { bytes, small: encodeMessage(small, encoding) });
      say(`  ${tool} of libwbxml reads that and writes the other: ${rate(mb, ms)}`);
      say(`  ours, reading and writing: ${rate(mb, decode + encodeOther(large, encoding))}`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const encodeOther = (message: Message, encoding: Encoding): number =>
  best(() => encodeMessage(message, encoding === "xml" ? "wbxml" : "xml"));

/** @returns the tool's time for the large file without what it takes for a small one */
function toolMs(
  folder: string,
  tool: keyof typeof TOOLS,
  { bytes, small }: { readonly bytes: Uint8Array; readonly small: Uint8Array },
): number {
  const time = (content: Uint8Array): number => {
    const [from, to] = [join(folder, "in"), join(folder, "out")];
    writeFileSync(from, content);
    const ms = best(() => execFileSync(TOOLS[tool], ["-o", to, from], { stdio: "ignore" }));
    if (statSync(to).size === 0) throw new Error(`${tool} wrote nothing`);
    return ms;
  };
  return time(bytes) - time(small);
}

function best(work: () => unknown): number {
  const times = Array.from({ length: ROUNDS }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return Math.min(...times);
}

const rate = (mb: number, ms: number): string => `${((mb / ms) * 1000).toFixed(1)} MB/s`;

function messageWith(items: number): Message {
  const ends = { target: { locUri: "http://server/" }, source: { locUri: "phone" } };
  const commands = Array.from({ length: items }, (_, at) => ({
    type: "add" as const,
    cmdId: String(at + 2),
    meta: { type: "text/vcard" },
    items: [
      {
        source: { locUri: String(at) },
        data: { type: "text" as const, text: vcard(`Person ${String(at)}`, String(at), MORE) },
      },
    ],
  }));
  const folders = { target: { locUri: "./contacts" }, source: { locUri: "./pb" } };
  return {
    version: "1.2",
    header: { sessionId: "1", msgId: 1, ...ends },
    commands: [{ type: "sync", cmdId: "1", ...folders, commands }],
    isFinal: true,
  };
}

const MORE =
  "ADR;TYPE=HOME:;;Unter den Linden 1;Berlin;;10117;Deutschland\r\nNOTE:Größe & Maße <1>\r\n";
