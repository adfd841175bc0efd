import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fingerprint } from "../../../../src/pim/fingerprint.ts";
import type { PimItem } from "../../../../src/pim/item.ts";
import type { PimKind } from "../../../../src/pim/kind.ts";
import { textLines } from "../../../../src/pim/parse-text.ts";
import { itemOf, SAMPLES } from "../../../support/pim-samples.ts";

const VECTORS = join(import.meta.dirname, "../../../vectors/pim/syncevolution");
const LOST = JSON.parse(readFileSync(join(VECTORS, "lost.json"), "utf8")) as Record<
  string,
  readonly string[]
>;

const inputOf = (name: string): Uint8Array =>
  SAMPLES.find((sample) => sample.name === name)?.bytes ?? readFileSync(join(VECTORS, "in", name));

const kindOf = (name: string, bytes: Uint8Array): PimKind => {
  if (name.endsWith(".vcf")) return "contact";
  return Buffer.from(bytes).includes("BEGIN:VTODO") ? "task" : "event";
};

/** Takes out of one line what SyncEvolution does not store. */
function withoutLost(line: string, lost: readonly string[]): string | undefined {
  const head = line.slice(0, line.indexOf(":"));
  const name = (head.split(";")[0] ?? "").toUpperCase();
  let params = head.slice(name.length);
  for (const entry of lost) {
    const [lostName, param, type] = entry.split(/[;=]/);
    if (lostName !== name) continue;
    if (param === undefined) return undefined;
    params = params.replace(new RegExp(`;${param}=([^;]*)`, "gi"), (_, values: string) => {
      const kept = values.split(",").filter((value) => type && value.toUpperCase() !== type);
      return kept.length === 0 ? "" : `;${param}=${kept.join(",")}`;
    });
  }
  return `${line.slice(0, name.length)}${params}${line.slice(head.length)}`;
}

const reduced = (item: PimItem, lost: readonly string[]): PimItem => ({
  ...item,
  text: textLines(item)
    .map((line) => withoutLost(line, lost))
    .filter((line) => line !== undefined)
    .join("\r\n"),
});

describe.each(["out", "out/from-2.1"])("items that SyncEvolution rewrote: %s", (folder) => {
  const names = readdirSync(join(VECTORS, folder)).filter((name) => /\.(vcf|ics)$/.test(name));

  it.each(names)("%s has the fingerprint it went in with", (name) => {
    const input = inputOf(name);
    const kind = kindOf(name, input);
    const before = reduced(itemOf(kind, input), LOST[name] ?? []);
    const after = itemOf(kind, readFileSync(join(VECTORS, folder, name)));
    expect(fingerprint(after)).toBe(fingerprint(before));
  });
});

it("has vectors", () => {
  expect(existsSync(join(VECTORS, "out/every-field.vcf"))).toBe(true);
});
