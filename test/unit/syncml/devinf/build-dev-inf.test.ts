import { describe, expect, it } from "vitest";
import { buildDevInf, devInfUri } from "../../../../syncml/devinf/build-dev-inf.ts";

const IDENTITY = { devId: "d", man: "m", mod: "o", swV: "1" };
const VCARD_21 = { type: "text/x-vcard", version: "2.1" };
const VCARD_30 = { type: "text/vcard", version: "3.0" };
const CT_CAPS = [{ ctType: "text/vcard", verCt: "3.0", properties: [{ name: "FN" }] }];
const STORE = {
  uri: "contacts",
  displayName: "Contacts",
  rx: [VCARD_30, VCARD_21],
  tx: [VCARD_30],
  ctCaps: CT_CAPS,
};

describe.each(["1.0", "1.1", "1.2"] as const)("in %s", (version) => {
  const devInf = buildDevInf(IDENTITY, [STORE], version);

  it("names itself, its datastore and all sync types", () => {
    expect(devInf).toMatchObject({ ...IDENTITY, verDtd: version, devTyp: "server" });
    expect(devInf.datastores).toMatchObject([
      {
        sourceRef: "./contacts",
        rxPref: VCARD_30,
        rx: [VCARD_21],
        txPref: VCARD_30,
        tx: [],
        syncCap: [1, 2, 3, 4, 5, 6],
      },
    ]);
  });

  it("says what the version knows, where it belongs", () => {
    expect(devInf.supportLargeObjs).toBe(version === "1.0" ? undefined : true);
    expect(devInf.supportNumberOfChanges).toBe(version === "1.0" ? undefined : true);
    expect(devInf.ctCaps).toEqual(version === "1.2" ? undefined : CT_CAPS);
    expect(devInf.datastores[0]?.ctCaps).toEqual(version === "1.2" ? CT_CAPS : undefined);
  });
});

it("lies where its version says", () => {
  expect(["1.0", "1.1", "1.2"].map((version) => devInfUri(version as "1.0"))).toEqual([
    "./devinf10",
    "./devinf11",
    "./devinf12",
  ]);
});
