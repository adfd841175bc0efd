import { describe, expect, it } from "vitest";
import { ctCaps } from "../../../../src/pim/ct-caps.ts";

describe("content capabilities", () => {
  it("announce no FieldLevel: libsynthesis cannot read that element in XML, and ends the session", () => {
    for (const kind of ["contact", "event", "task", "note"] as const)
      for (const cap of ctCaps(kind)) expect(cap).not.toHaveProperty("fieldLevel");
  });

  it("name the version of their media type once, and nothing for notes", () => {
    for (const { verCt, properties } of ctCaps("contact"))
      expect(properties.find(({ name }) => name === "VERSION")).toMatchObject({
        valEnums: [verCt],
      });
    expect(ctCaps("note")).toEqual([]);
  });
});
