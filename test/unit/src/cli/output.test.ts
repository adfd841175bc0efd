import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readItemFiles, writeItemFiles } from "../../../../src/cli/item-files.ts";
import { printJson, printTable } from "../../../../src/cli/output.ts";

const printed = (print: (stream: PassThrough) => void): string => {
  const stream = new PassThrough();
  print(stream);
  return (stream.read() as Buffer | null)?.toString() ?? "";
};

describe("printTable", () => {
  it("aligns columns without trailing blanks", () => {
    const text = printed((stream) => {
      printTable(
        stream,
        ["ID", "TITLE"],
        [
          ["1", "Ada"],
          ["1000", ""],
        ],
      );
    });
    expect(text).toBe("ID    TITLE\n1     Ada\n1000\n");
  });

  it("prints nothing for no rows", () => {
    expect(
      printed((stream) => {
        printTable(stream, ["ID"], []);
      }),
    ).toBe("");
  });

  it("lets no peer move the terminal's cursor", () => {
    const text = printed((stream) => {
      printTable(stream, ["TITLE"], [["a\u001b[2Jb\nc\u202ed"]]);
    });
    expect(text).toBe("TITLE\na?[2Jb?c?d\n");
  });
});

it("printJson prints the whole value", () => {
  const value = [{ id: 1, title: "a\nb" }];
  const text = printed((stream) => {
    printJson(stream, value);
  });
  expect(JSON.parse(text)).toEqual(value);
});

describe("item files", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "cardsync-items-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const two = [
    { name: "a.vcf", base64: base64("A\r\n") },
    { name: "b.vcf", base64: base64("B\r\n") },
  ];

  it("are written one each into a folder that is made", () => {
    const path = join(folder, "deep", "er");
    writeItemFiles(path, two);
    expect(readdirSync(path).sort()).toEqual(["a.vcf", "b.vcf"]);
    expect(readFileSync(join(path, "b.vcf"), "utf8")).toBe("B\r\n");
    expect(readItemFiles(path, "contacts")).toEqual(two);
  });

  it("go into one where the format allows it", () => {
    const path = join(folder, "all.vcf");
    writeItemFiles(path, two);
    expect(readFileSync(path, "utf8")).toBe("A\r\nB\r\n");
    expect(readItemFiles(path, "contacts")).toEqual([
      { name: "all.vcf", base64: base64("A\r\nB\r\n") },
    ]);
  });

  it("never leave the folder, whatever they are called", () => {
    const path = join(folder, "out");
    writeItemFiles(path, [{ name: "../../x.vcf", base64: "" }]);
    expect(readdirSync(path)).toEqual(["x.vcf"]);
  });

  it("of a folder are those of the database's kind, in order", () => {
    for (const name of ["b.ICS", "a.ics", "c.vcf", "notes.txt"]) {
      writeFileSync(join(folder, name), name);
    }
    expect(readItemFiles(folder, "calendar").map(({ name }) => name)).toEqual(["a.ics", "b.ICS"]);
    expect(readItemFiles(folder, "notes").map(({ name }) => name)).toEqual(["notes.txt"]);
  });

  it("that are missing or cannot be written are named", () => {
    expect(() => readItemFiles(join(folder, "none"), "notes")).toThrow(/none cannot be read/);
    writeFileSync(join(folder, "file"), "");
    expect(() => {
      writeItemFiles(join(folder, "file"), two);
    }).toThrow(/cannot be written/);
  });
});
