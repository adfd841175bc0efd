import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatHmacHeader, hmacOf, parseHmacHeader } from "../../../../syncml/auth/hmac.ts";

const MAC = "2uhSduf8t+E4pjL64qittw==";

it("is B64(H(B64(H(user:pw)):nonce:B64(H(body)))), as OMA DM Security 1.2, 5.4.2 has it", () => {
  // B64(H(body)) is Kc1R9zzS4UsesJe+pXV1Eg== here.
  const body = Buffer.from("<SyncML></SyncML>");
  expect(hmacOf("PtEdr8lBQ45IbT1bZIkrOQ==", Buffer.from("Nonce"), body)).toBe(MAC);
});

describe("the header", () => {
  it("of the standard's example, 5.4.3", () => {
    const mac = "NTI2OTJhMDAwNjYxODkwYmQ3NWUxN2RhN2ZmYmJlMzk";
    const value = `algorithm=MD5, username="Robert Jordan",\tmac=${mac}`;
    expect(parseHmacHeader(value)).toEqual({ user: "Robert Jordan", mac });
  });

  it.each([
    [`username="a", mac=${MAC}`, "a"],
    [`mac=${MAC},username="a"`, "a"],
    [`Algorithm=md5, UserName="a, b=\\"c\\"", mac=${MAC}`, 'a, b="c"'],
    [`username=a, mac="${MAC}"`, "a"],
    [`username="", mac=${MAC}`, ""],
  ])("%s", (value, user) => {
    expect(parseHmacHeader(value)).toEqual({ user, mac: MAC });
  });

  it.each([
    "",
    "MD5",
    `username="a"`,
    `mac=${MAC}`,
    `algorithm=SHA-1, username="a", mac=${MAC}`,
    `username="a" mac=${MAC}`,
    `username="a, mac=${MAC}`,
    `username="a", mac=${MAC} x`,
    `username="${"a".repeat(1024)}", mac=${MAC}`,
  ])("none: %s", (value) => {
    expect(parseHmacHeader(value)).toBeUndefined();
  });

  it("is read as it is written, whatever the name", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), (user) => {
        expect(parseHmacHeader(formatHmacHeader({ user, mac: MAC }))).toEqual({ user, mac: MAC });
      }),
    );
  });

  it("never throws on junk", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 2000 }), (junk) => {
        parseHmacHeader(junk);
      }),
    );
  });
});
