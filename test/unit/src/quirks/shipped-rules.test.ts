import { describe, expect, it } from "vitest";
import { loadQuirks } from "../../../../src/quirks/load-quirks.ts";
import { believedDevInf } from "../../../../syncml/devinf/believed-dev-inf.ts";
import type { PimItem } from "../../../../src/pim/item.ts";
import type { ContentTraits } from "../../../../src/pim/peer/content-traits.ts";
import { readItem } from "../../../../src/pim/read-item.ts";
import { writeItem } from "../../../../src/pim/write-item.ts";
import type {
  Command,
  DevInf,
  Message,
  OutgoingChange,
  PeerFacts,
} from "../../../../syncml/index.ts";
import { toLuid } from "../../../../syncml/model/ids.ts";
import {
  alert,
  answersTo,
  change,
  contentsOf,
  outgoing,
  remove,
  SessionDriver,
  statusesOf,
  sync,
  type DriverOptions,
} from "../../../support/session-driver.ts";

const book = loadQuirks(undefined);

const deviceOf = (man: string, mod: string, more: Partial<DevInf> = {}): DevInf => ({
  verDtd: "1.2",
  devId: "phone",
  devTyp: "phone",
  man,
  mod,
  datastores: [],
  ...more,
});

/** A session with that device, whose DevInf is known from an earlier one, under the shipped rules. */
const session = (man: string, mod: string, options: DriverOptions = {}): SessionDriver =>
  new SessionDriver({
    devInf: deviceOf(man, mod),
    ...options,
    env: { traitsOf: (facts) => book.traitsOf(facts) },
  });

const getDevInf: Command = {
  type: "get",
  cmdId: "5",
  items: [{ target: { locUri: "./devinf12" } }],
};

const devInfIn = ({ commands }: Message): DevInf | undefined => {
  const results = commands.find(({ type }) => type === "results");
  const data = results?.type === "results" ? results.items[0]?.data : undefined;
  return data?.type === "devInf" ? data.devInf : undefined;
};

const replaced: OutgoingChange = {
  type: "replace",
  ref: 1,
  luid: toLuid("7"),
  mediaType: "text/vcard",
  content: Buffer.from("BEGIN:VCARD"),
};

/** For each shipped rule: what its device gets, and what any other does not. */
const EFFECTS: Readonly<Record<string, () => Promise<void> | void>> = {
  nokia: async () => {
    for (const [man, sourceRef] of [
      ["Nokia", "/contacts?x=1"],
      ["Other", "./contacts"],
    ] as const) {
      const driver = session(man, "E51", { stores: { "/contacts?x=1": {} } });
      driver.datastores.isNamed = (uri) => uri.startsWith("/contacts");
      const reply = await driver.send([getDevInf, alert(200, "/contacts?x=1")]);
      expect(devInfIn(reply)?.datastores[0]?.sourceRef).toBe(sourceRef);
    }
  },
  "nokia-bogus-sizes": () => {
    const property = { name: "PHOTO", maxSize: 256 };
    const devInf = deviceOf("NOKIA", "Nokia E90", {
      ctCaps: [{ ctType: "text/x-vcard", properties: [property] }],
    });
    const traits = book.traitsOf({ deviceId: "d", version: "1.2", devInf });
    expect(believedDevInf(devInf, traits).ctCaps?.[0]?.properties).toEqual([{ name: "PHOTO" }]);
  },
  "nokia-7210c": async () => {
    const driver = session("Nokia", "7210c");
    const reply = await driver.send([alert(204, "card", "theirs-0")]);
    expect([driver.calls.at(-1), ...contentsOf(reply)]).toEqual(["open card twoWay", "Alert 200"]);
    const other = session("Nokia", "E51");
    expect(contentsOf(await other.send([alert(204)]))).toEqual(["Alert 204"]);
  },
  "nokia-9210": async () => {
    const changes = [replaced, outgoing(2)];
    const open = { syncType: "slow" } as const;
    const driver = session("NOKIA", "9210", { stores: { card: { changes, open } } });
    await driver.send([alert(201)]);
    const reply = await driver.send([sync()]);
    expect(contentsOf(reply)).toEqual(["Sync card", expect.stringMatching(/^add /)]);
    expect(driver.calls).toContain("acknowledge card 1:417");
    const fast = session("NOKIA", "9210", { stores: { card: { changes } } });
    await fast.send([alert(200)]);
    expect(contentsOf(await fast.send([sync()]))).toContain("replace 7");
  },
  "siemens-s55": async () => {
    const driver = session("SIEMENS", "S55");
    driver.datastores.ctCaps = 2;
    const devInf = devInfIn(await driver.send([getDevInf]));
    expect(devInf?.datastores[0]).toBeDefined();
    expect(JSON.stringify(devInf)).not.toContain("properties");
  },
  uiq: async () => {
    const driver = session("Sony Ericsson", "P910i");
    await driver.send([alert(200)]);
    const reply = await driver.send([sync([change("add", "1"), remove("2")])]);
    expect(statusesOf(reply)).toEqual(["SyncHdr 200", "Sync 200 card ./pb"]);
    const refusing = session("Motorola", "A1000", { stores: { card: { status: 420 } } });
    await refusing.send([alert(200)]);
    expect(statusesOf(await refusing.send([sync([change("add", "1")])]))).toContain("Add 420 1");
  },
  "ericsson-t39-t68": async () => {
    const reply = await session("Ericsson", "T39m").send([alert(200)]);
    expect(reply.header.respUri).toBeUndefined();
    expect((await session("Other", "T39m").send([alert(200)])).header.respUri).toBeDefined();
  },
  "funambol-clients": async () => {
    const stores = { card: { changes: [replaced, outgoing(2)] } };
    const driver = session("", "", { stores, deviceId: "sc-pim-outlook-1" });
    await driver.send([alert(200)]);
    const reply = await driver.send([sync()]);
    await driver.send(answersTo(reply).slice(0, 2));
    expect(driver.calls.slice(-2)).toEqual(["acknowledge card 1:200", "finish card"]);
  },
  "syncje-outlook": () => {
    const ctCaps = [{ ctType: "text/x-vcard", properties: [{ name: "N" }] }];
    const devInf = deviceOf("Nexthaus", "SyncJe for Outlook", { ctCaps });
    const traits = book.traitsOf({ deviceId: "d", version: "1.2", devInf });
    expect(believedDevInf(devInf, traits).ctCaps).toBeUndefined();
  },
  scts: async () => {
    const stores = { card: { status: 211 } };
    const driver = session("OMA", "SCTS", { stores });
    await driver.send([alert(200)]);
    expect(statusesOf(await driver.send([sync([remove("2")])]))).toContain("Delete 404 2");
    const other = session("OMA", "Other", { stores });
    await other.send([alert(200)]);
    expect(statusesOf(await other.send([sync([remove("2")])]))).toContain("Delete 211 2");
  },
};

const contentOf = (man: string, mod: string, more: Partial<PeerFacts> = {}): ContentTraits =>
  book.traitsOf({ deviceId: "d", version: "1.2", devInf: deviceOf(man, mod), ...more }).content;

const CARD =
  "BEGIN:VCARD\r\nVERSION:3.0\r\nN:A;;;;\r\nFN:A\r\nCATEGORIES:Work,Old\r\nEMAIL:a@b.example\r\nTITLE:\r\n" +
  "PHOTO;ENCODING=b;TYPE=JPEG:QUJD\r\nNOTE:" +
  `${"grün und lang ".repeat(12)}\r\nEND:VCARD\r\n`;

const item = (): PimItem => {
  const read = readItem("contact", "text/vcard", Buffer.from(CARD));
  if (read.type !== "item") throw new Error(read.type);
  return read.item;
};

const written = (traits: ContentTraits, mediaType = "text/vcard"): string =>
  Buffer.from(writeItem(item(), mediaType, traits)).toString("utf8");

/** What comes back from a device that has kept all of it. */
const returned = (traits: ContentTraits, mediaType = "text/vcard"): PimItem | undefined => {
  const read = readItem("contact", mediaType, writeItem(item(), mediaType, traits), traits);
  return read.type === "item" ? read.item : undefined;
};

const fromBytes = (bytes: string, traits: ContentTraits): string => {
  const text = `BEGIN:VCARD\r\nVERSION:2.1\r\nN:${bytes};;;;\r\nEND:VCARD\r\n`;
  const read = readItem("contact", "text/x-vcard", Buffer.from(text, "latin1"), traits);
  return read.type === "item" ? read.item.text : read.type;
};

const CONTENT: Readonly<Record<string, () => void>> = {
  nokia: () => {
    const traits = contentOf("Nokia", "E51");
    expect(written(traits)).toContain("CATEGORIES:X-Work,X-Old\r\nEMAIL;TYPE=INTERNET:a@b.example");
    expect(returned(traits)?.text).toContain("CATEGORIES:Work,Old\r\n");
    expect(written(contentOf("Other", "E51"))).toContain(
      "CATEGORIES:Work,Old\r\nEMAIL:a@b.example",
    );
  },
  "siemens-sx1": () => {
    expect(written(contentOf("SIEMENS", "SX1"))).not.toContain("TITLE");
    expect(written(contentOf("SIEMENS", "C65"))).toContain("TITLE");
  },
  sonyericsson: () => {
    expect(fromBytes("\x81\xfc", contentOf("Sony Ericsson", "K700i"))).toContain("N:\u0081ü;");
    expect(fromBytes("\x80", contentOf("Other", "K700i"))).toContain("N:€;");
    expect(fromBytes("\xc3\xbc", contentOf("Sony Ericsson", "K700i"))).toContain("N:ü;");
  },
  "uiq-categories": () => {
    expect(written(contentOf("Motorola", "A1000"))).toContain("CATEGORIES:X-Work,X-Old");
  },
  "ericsson-ansi": () => {
    expect(contentOf("Ericsson", "T68i")).toEqual({ inputCharset: "windows-1252" });
    expect(fromBytes("\x80", contentOf("Ericsson", "T68i"))).toContain("N:€;");
  },
  "motorola-v3": () => {
    const traits = contentOf("Motorola", "V3i");
    expect(traits.contactType).toBe("text/x-vcard");
    const lines = written(traits, "text/x-vcard").split("\r\n");
    expect(lines.filter((line) => /^NOTE.*=C3=BC.*=C3=BC/.test(line))).toHaveLength(1);
    expect(lines.filter((line) => /^(?:\s|.*=$)/.test(line))).toEqual([]);
    expect(returned(traits, "text/x-vcard")?.text).toBe(returned({}, "text/x-vcard")?.text);
    expect(written({}, "text/x-vcard")).toMatch(/=\r\n/);
  },
  "funambol-photos": () => {
    const traits = contentOf("", "", { deviceId: "fol-1" });
    expect(written(traits)).toContain("PHOTO;ENCODING=b;TYPE=image/jpeg:QUJD");
    expect(returned(traits)?.text).toBe(item().text);
  },
  "sync4j-mozilla": () => {
    const traits = contentOf("Funambol", "Sync4jMozilla");
    expect(written(traits, "text/x-vcard")).not.toMatch(/=\r\n|\r\n[ \t]/);
    expect(written(traits)).not.toMatch(/\r\n[ \t]/);
  },
};

it("soft line breaks of the N9, with their line break encoded in front, are joined for all", () => {
  const text =
    "BEGIN:VCARD\r\nVERSION:2.1\r\nN:A;;;;\r\nNOTE;ENCODING=QUOTED-PRINTABLE:one ==0A=0D=\r\ntwo\r\nEND:VCARD\r\n";
  const read = readItem("contact", "text/x-vcard", Buffer.from(text));
  expect(read.type === "item" && read.item.text).toContain("NOTE:one two\r\n");
});

describe("what a shipped rule does", () => {
  it.each(book.rules.map(({ name }) => name))("%s", async (name) => {
    const [effect, content] = [EFFECTS[name], CONTENT[name]];
    expect(effect ?? content, "each shipped rule has its test").toBeDefined();
    await effect?.();
    content?.();
  });
});
