import { describe, expect, it } from "vitest";
import { fingerprint } from "../../../../src/pim/fingerprint.ts";
import { readItem } from "../../../../src/pim/read-item.ts";
import { splitItems } from "../../../../src/pim/split-items.ts";
import { writeItem } from "../../../../src/pim/write-item.ts";
import { vcard, vevent } from "../../../support/pim-samples.ts";

/** Of each, half a megabyte: what made a pattern or a loop quadratic, or could. */
const RUNS = [" ", "\\", ";", "\r", "\n ", '"', "=\n", "T0", "日"];
const SIZE = 500_000;

const look = (kind: "contact" | "event", text: string): void => {
  const bytes = new TextEncoder().encode(text);
  const result = readItem(kind, undefined, bytes);
  if (result.type === "item") {
    fingerprint(result.item);
    writeItem(result.item, "text/x-vcard");
  }
  splitItems(kind, bytes, "file");
};

const tookMs = (run: () => void): number => {
  const started = performance.now();
  run();
  return performance.now() - started;
};

describe("hostile contacts and events cost linear time", () => {
  it.each(
    RUNS.flatMap((run) => ["NOTE:", "NOTE;", "PHOTO;ENCODING=b:"].map((head) => [head, run])),
  )("%s%j", (head, run) => {
    const text = vcard(`${head}${run.repeat(SIZE / 3 / run.length)}`);
    expect(
      tookMs(() => {
        look("contact", text);
      }),
    ).toBeLessThan(3_000);
  });

  it("thousands of rules without an occurrence", () => {
    const rule = "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31;COUNT=5";
    const text = vevent("DTSTART:20240101T000000", ...Array<string>(10_000).fill(rule));
    expect(
      tookMs(() => {
        look("event", text);
      }),
    ).toBeLessThan(3_000);
  });
});
