import { describe, expect, test } from "vitest";
import {
  parsePcscError,
  PcscError,
  plainReason,
} from "../../../../../card/transport/pcsc/pcsc-error.ts";

describe("errors of PC/SC", () => {
  test.each([
    ["SCardConnect error: Sharing violation.(0x8010000b)", "CARD_BUSY"],
    ["SCardConnect error: No smart card inserted.(0x8010000C)", "CARD_ABSENT"],
    ["SCardConnect error: Card is unresponsive.(0x80100066)", "CARD_ABSENT"],
    ["SCardTransmit error: Card was removed.(0x80100069)", "CARD_ABSENT"],
    ["SCardTransmit error: Card was reset.(0x80100068)", "CARD_RESET"],
    ["SCardTransmit error: Card is unpowered.(0x80100067)", "CARD_RESET"],
    ["SCardConnect error: Reader is unavailable.(0x80100017)", "CARD_READER_LOST"],
    ["SCardEstablishContext error: Service not available.(0x8010001d)", "CARD_READER_LOST"],
    ["SCardTransmit error: Service was stopped.(0x8010001e)", "CARD_READER_LOST"],
    ["SCardTransmit error: Transaction failed.(0x80100016)", "CARD_READER_LOST"],
    ["Card Reader not connected", "CARD_READER_LOST"],
    ["", "CARD_READER_LOST"],
  ])("%s is %s", (text, code) => {
    expect(parsePcscError(text)).toMatchObject({ code, retryable: true });
  });

  test("have PC/SC's own as their cause, with its number", () => {
    const { cause } = parsePcscError("SCardTransmit error: Card was removed.(0x80100069)");
    expect(cause).toBeInstanceOf(PcscError);
    expect(cause).toMatchObject({ code: 0x80100069 });
    expect(new PcscError("Card Reader not connected").code).toBeUndefined();
  });

  test("the last number in the text counts", () => {
    expect(new PcscError("reader 0x80100068: removed.(0x80100069)").code).toBe(0x80100069);
  });

  test("those of the daemon are put into words", () => {
    const text = "SCardEstablishContext error: Service not available.(0x8010001d)";
    expect(plainReason("error", text)).toBe(`the PC/SC daemon does not answer: ${text}`);
    expect(plainReason("error", "something else")).toBe("something else");
    expect(plainReason("noModule", "not found")).toBe("npm's pcsclite cannot be loaded: not found");
  });
});
