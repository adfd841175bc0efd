import iconv from "iconv-lite";
import { describe, expect, it } from "vitest";
import type { PimItem } from "../../../../src/pim/item.ts";
import { textLines } from "../../../../src/pim/parse-text.ts";
import { writeItem } from "../../../../src/pim/write-item.ts";
import { itemOf, vcard } from "../../../support/pim-samples.ts";

const card21 = (...lines: readonly string[]): string =>
  ["BEGIN:VCARD", "VERSION:2.1", ...lines, "END:VCARD", ""].join("\r\n");
const as21 = (item: PimItem): string => new TextDecoder().decode(writeItem(item, "text/x-vcard"));
/** The one line of a 2.1 property as 3.0. */
const line30 = (...lines: readonly string[]): string | undefined =>
  textLines(itemOf("contact", card21("N:x", ...lines))).at(-2);

describe("vCard 2.1 to 3.0", () => {
  it.each([
    [["TEL;CELL;PREF:1"], "TEL;TYPE=CELL,PREF:1"],
    [["TEL;TYPE=home;VOICE:1"], "TEL;TYPE=HOME,VOICE:1"],
    [["NOTE:a, b; c"], "NOTE:a\\, b\\; c"],
    [["NOTE:hello", " world"], "NOTE:hello world"],
    [["NOTE;QUOTED-PRINTABLE:a=0D=0Ab=", " c"], "NOTE:a\\nb c"],
    [["NOTE;ENCODING=QUOTED-PRINTABLE:50=25 =ZZ"], "NOTE:50% =ZZ"],
    [["NOTE:C:\\new\\table"], "NOTE:C:\\\\new\\\\table"],
    [["FN:Hall\\, Ava"], "FN:Hall\\, Ava"],
    [["ORG:A\\;B;C, D"], "ORG:A\\;B;C\\, D"],
    [["CATEGORIES:a,b"], "CATEGORIES:a,b"],
    [["GEO:1.5,-2"], "GEO:1.5;-2"],
    [["URL:http://a.example/?x;y,z"], "URL:http://a.example/?x;y,z"],
    [["PHOTO;VALUE=URL:http://a.example"], "PHOTO;VALUE=uri:http://a.example"],
    [["PHOTO;JPEG;BASE64:", " AAAA", " BBB=", ""], "PHOTO;ENCODING=b;TYPE=JPEG:AAAABBB="],
    [["PHOTO;ENCODING=BASE64:AAAA", "BBBB", ""], "PHOTO;ENCODING=b:AAAABBBB"],
    [["item1.X-LABEL;LANGUAGE=de:x;y"], "item1.X-LABEL;LANGUAGE=de:x;y"],
    [
      ["AGENT:", "BEGIN:VCARD", "N:Deputy", "END:VCARD"],
      "AGENT:BEGIN:VCARD\\nN:Deputy\\nEND:VCARD",
    ],
  ])("%j", (lines, expected) => {
    expect(line30(...lines)).toBe(expected);
  });

  it.each(["shift_jis", "euc-kr", "big5", "koi8-r", "windows-1251"])(
    "decodes CHARSET=%s",
    (charset) => {
      const word = { "euc-kr": "한국", big5: "中文", shift_jis: "日本" }[charset] ?? "Ёлка";
      const value = iconv.encode(word, charset);
      const content = Buffer.concat([
        Buffer.from(`BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=${charset}:`),
        value,
        Buffer.from("\r\nEND:VCARD\r\n"),
      ]);
      expect(itemOf("contact", content).text).toContain(`N:${word}\r\n`);
    },
  );

  it("adds N and FN where they are missing", () => {
    expect(itemOf("contact", card21("N:Doe;Jo;;Dr.;")).text).toContain("FN:Dr. Jo Doe\r\n");
    expect(itemOf("contact", card21("ORG:A, B;C")).text).toContain("FN:A\\, B\r\nORG");
  });
});

describe("vCard 3.0 to 2.1", () => {
  it.each([
    ["TEL;TYPE=cell,pref:1", "TEL;CELL;PREF:1"],
    ['TEL;TYPE="my own":1', "TEL;TYPE=my own:1"],
    ["NOTE:a\\, b\\; c", "NOTE:a, b; c"],
    ["NOTE:a\\nb", "NOTE;ENCODING=QUOTED-PRINTABLE:a=0D=0Ab"],
    ["NOTE:ü", "NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:=C3=BC"],
    ["NOTE:back\\\\slash", "NOTE:back\\\\slash"],
    ["ORG:A\\;B;C\\, D", "ORG:A\\;B;C, D"],
    ["GEO:1.5;-2", "GEO:1.5,-2"],
    ["PHOTO;VALUE=uri:http://a.example", "PHOTO;VALUE=URL:http://a.example"],
  ])("%s", (line, expected) => {
    const lines = as21(itemOf("contact", vcard("N:x;;;;", "FN:x", line))).split("\r\n");
    expect(lines.at(-3)).toBe(expected);
  });

  it("writes no line longer than 76 chars but URIs, and base64 with a blank line after it", () => {
    const item = itemOf(
      "contact",
      vcard(
        "N:x;;;;",
        "FN:x",
        `NOTE:${"long ünd ".repeat(30)}`,
        `PHOTO;ENCODING=b:${"QUFB".repeat(50)}`,
      ),
    );
    const lines = as21(item).split("\r\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(76);
    expect(lines.at(-3)).toBe("");
    expect(itemOf("contact", as21(item)).text).toBe(item.text);
  });
});
