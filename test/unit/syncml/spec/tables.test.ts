import { describe, expect, expectTypeOf, it } from "vitest";
import type { SyncType } from "../../../../syncml/model/sync-type.ts";
import { SYNC_ALERT_CODES } from "../../../../syncml/spec/alert-codes.ts";
import { SHAPES } from "../../../../syncml/spec/elements.ts";
import { CODE_PAGES, DEVINF_TOKEN_ALIASES } from "../../../../syncml/spec/wbxml.ts";

const rows = Object.values(SHAPES).flatMap((shape) => shape.rows);

describe("the tables agree", () => {
  it("every element of the content models has a token", () => {
    const named = new Set([
      ...CODE_PAGES.SyncML.flatMap(({ tokens }) => Object.values(tokens)),
      ...Object.keys(DEVINF_TOKEN_ALIASES),
    ]);
    expect(rows.map(({ name }) => name).filter((name) => !named.has(name))).toEqual([]);
  });

  it("no name stands twice in a code page", () => {
    for (const { tokens } of CODE_PAGES.SyncML) {
      const names = Object.values(tokens);
      expect(new Set(names).size).toBe(names.length);
    }
  });

  it("no structure names an element or a field twice", () => {
    for (const shape of Object.values(SHAPES)) {
      const names = shape.rows.map(({ name }) => name);
      const fields = shape.rows.map(({ field }) => field);
      expect(new Set(names).size).toBe(names.length);
      expect(new Set(fields).size).toBe(fields.length);
    }
  });

  it("every sync type has an alert code, from 200 to 205", () => {
    expectTypeOf<keyof typeof SYNC_ALERT_CODES>().toEqualTypeOf<SyncType>();
    expect(Object.values(SYNC_ALERT_CODES)).toEqual([200, 201, 202, 203, 204, 205]);
  });
});
