import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { loadQuirks } from "../../../../src/quirks/load-quirks.ts";
import { QuirkBook } from "../../../../src/quirks/quirk-book.ts";
import { quirkFileSchema, quirksJsonSchema } from "../../../../src/quirks/rule-schema.ts";
import { fits } from "../../../../src/quirks/wildcard.ts";
import type { DevInf, PeerFacts } from "../../../../syncml/index.ts";

const devInf = (more: Partial<DevInf>): DevInf => ({
  verDtd: "1.2",
  devId: "d",
  devTyp: "phone",
  datastores: [],
  ...more,
});

const facts = (more: Partial<DevInf>, others: Partial<PeerFacts> = {}): PeerFacts => ({
  deviceId: "d",
  version: "1.2",
  devInf: devInf(more),
  ...others,
});

const bookOf = (...rules: readonly Readonly<Record<string, unknown>>[]): QuirkBook =>
  new QuirkBook(
    quirkFileSchema.parse({ rules: rules.map((rule) => ({ source: "a test", ...rule })) }).rules,
  );

describe("wildcards", () => {
  it("fit as people expect, without regard to case", () => {
    expect(fits("nokia*", "NOKIA")).toBe(true);
    expect(fits("*E90*", "Nokia E90")).toBe(true);
    expect(fits("n?k*a", "Nokia")).toBe(true);
    expect(fits("E90", "E90i")).toBe(false);
    expect(fits("*", "")).toBe(true);
    expect(fits("?", "")).toBe(false);
    expect(fits("a.c", "abc")).toBe(false);
  });

  it("go back to the last star only: a pattern full of them is no trap", () => {
    expect(fits(`${"*a".repeat(50)}*b`, "a".repeat(10_000))).toBe(false);
    expect(fits(`${"*a".repeat(50)}*b`, `${"a".repeat(10_000)}b`)).toBe(true);
  });
});

describe("rules", () => {
  const general = { name: "make", match: { manufacturer: "acme" }, set: { omitsCtCap: true } };

  it("apply in order, later ones over earlier ones", () => {
    const model = { manufacturer: "acme", model: "x*" };
    const book = bookOf(general, { name: "model", match: model, set: { omitsCtCap: false } });
    expect(book.traitsOf(facts({ man: "Acme", mod: "X1" }))).toMatchObject({
      rules: ["make", "model"],
      omitsCtCap: false,
    });
    expect(book.traitsOf(facts({ man: "Acme", mod: "Y1" }))).toMatchObject({
      rules: ["make"],
      omitsCtCap: true,
    });
  });

  it("end with a final one", () => {
    const book = bookOf({ ...general, final: true }, { ...general, name: "behind" });
    expect(book.traitsOf(facts({ man: "acme" })).rules).toEqual(["make"]);
  });

  it("need every key of what they match, but of patterns in a list only one", () => {
    const match = { manufacturer: ["a", "acme"], fwV: "2.*", devTyp: "phone", version: "1.2" };
    const book = bookOf({ name: "one", match, set: { copyIsAdd: true } });
    expect(book.rulesFor(facts({ man: "acme", fwV: "2.1" }))).toHaveLength(1);
    expect(book.rulesFor(facts({ man: "acme", fwV: "3.1" }))).toHaveLength(0);
    expect(book.rulesFor(facts({ man: "acme", fwV: "2.1" }, { version: "1.1" }))).toHaveLength(0);
  });

  it("apply by their alias before a DevInf is known, and by nothing else of it", () => {
    const match = { manufacturer: "acme", alias: "acme-*" };
    const book = bookOf({ name: "one", match, set: { omitsRespUri: true } });
    const peer = { deviceId: "d", version: "1.2" } as const;
    expect(book.traitsOf({ ...peer, alias: "ACME-x" }).omitsRespUri).toBe(true);
    expect(book.traitsOf({ ...peer, alias: "other" }).omitsRespUri).toBe(false);
    expect(book.traitsOf(peer).omitsRespUri).toBe(false);
  });

  it("look only at the beginning of what a device says", () => {
    const book = bookOf({ name: "one", match: { model: "*b" }, set: { copyIsAdd: true } });
    expect(book.rulesFor(facts({ mod: `${"a".repeat(1_000_000)}b` }))).toHaveLength(0);
  });
});

it("the shipped JSON Schema is that of the rules", () => {
  const path = join(import.meta.dirname, "../../../../config/quirks.schema.json");
  const shipped: unknown = JSON.parse(readFileSync(path, "utf8"));
  expect(shipped).toEqual(JSON.parse(JSON.stringify(quirksJsonSchema())));
});

describe("files of rules", () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  const written = (text: string): string => {
    const folder = mkdtempSync(join(tmpdir(), "cardsync-quirks-"));
    folders.push(folder);
    writeFileSync(join(folder, "own.yaml"), text);
    return join(folder, "own.yaml");
  };

  it("are the shipped one, then the user's, which switches shipped rules off", () => {
    const own = written(
      "off: [nokia-9210]\nrules:\n  - {name: mine, source: me, match: {devId: x}, set: {copyIsAdd: true}}\n",
    );
    const shipped = loadQuirks(undefined).rules.map(({ name }) => name);
    expect(shipped).toContain("nokia-9210");
    expect(loadQuirks(own).rules.map(({ name }) => name)).toEqual([
      ...shipped.filter((name) => name !== "nokia-9210"),
      "mine",
    ]);
  });

  it("say where they are wrong: line, rule and knob", () => {
    const rule = "  - {name: mine, source: me, match: {devId: x}, set: {maxMsgSize: many}}";
    const complaint = /own\.yaml.*rule mine, rules\.0\.set\.maxMsgSize: .*number/;
    expect(() => loadQuirks(written(`rules:\n${rule}\n`))).toThrow(complaint);
    const misspelt = rule.replace("maxMsgSize: many", "copyIsAd: true");
    expect(() => loadQuirks(written(`rules:\n${misspelt}\n`))).toThrow(/rule mine.*copyIsAd/);
    expect(() => loadQuirks(written("off: [nokai]\n"))).toThrow(/off names nokai/);
    expect(() => loadQuirks(written("rules: [\n"))).toThrow(/not YAML/);
    expect(() => loadQuirks(join(tmpdir(), "no-such-file.yaml"))).toThrow(/cannot be read/);
  });

  it("have names of their own", () => {
    const rule = "{name: nokia, source: me, match: {devId: x}, set: {}}";
    expect(() => loadQuirks(written(`rules: [${rule}]\n`))).toThrow(/nokia is a shipped rule/);
    expect(loadQuirks(written(`off: [nokia]\nrules: [${rule}]\n`)).rules.at(-1)?.name).toBe(
      "nokia",
    );
  });

  it("match nothing by an empty match, which is an error", () => {
    const text = "rules: [{name: a, source: me, match: {}, set: {}}]\n";
    expect(() => loadQuirks(written(text))).toThrow(/rule a.*says nothing to match/);
  });
});
