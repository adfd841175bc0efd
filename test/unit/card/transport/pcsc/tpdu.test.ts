import { expect, test } from "vitest";
import { fromHex, toHex } from "../../../../../card/apdu/bytes.ts";
import { toTpdu } from "../../../../../card/transport/pcsc/tpdu.ts";

const T0 = 1;
const T1 = 2;

test.each([
  ["case 1", "00200081", "0020008100"],
  ["case 2", "00b0000010", "00b0000010"],
  ["case 3", "00a4040002f050", "00a4040002f050"],
  ["case 4", "00a4040002f05000", "00a4040002f050"],
  ["an extended case 2", "00b00000000100", "00b00000000100"],
  ["an extended case 3", "00d60000000001aa", "00d60000000001aa"],
  ["too few bytes", "0020", "0020"],
  ["too many bytes", "00a4040002f0500000", "00a4040002f0500000"],
  ["data that breaks off", "00a4040002f0", "00a4040002f0"],
])("%s over T=0", (_, command, tpdu) => {
  expect(toHex(toTpdu(fromHex(command), T0))).toBe(tpdu);
  expect(toHex(toTpdu(fromHex(command), T1))).toBe(command);
});
