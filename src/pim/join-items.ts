import type { PimItem } from "./item.ts";
import type { PimKind } from "./kind.ts";
import { title } from "./title.ts";

/** A file of an export: a name that every file system takes, and its text. */
export interface ExportFile {
  readonly name: string;
  readonly text: string;
}

const EXTENSION: Readonly<Record<PimKind, string>> = {
  contact: "vcf",
  event: "ics",
  task: "ics",
  note: "txt",
};

const MAX_CHARS = 40;
/** Names that Windows keeps for devices. */
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d)$/;

/** The letters and digits of a title, in lower case, with one hyphen between words; the kind if none are left. */
function baseName(item: PimItem): string {
  const slug = title(item)
    .normalize("NFC")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}]+/gu, "-");
  const short = Array.from(slug)
    .slice(0, MAX_CHARS)
    .join("")
    .replace(/^-+|-+$/g, "");
  return short === "" || RESERVED.test(short) ? `${item.kind}${short}` : short;
}

/** One file an item, named after its title; a name that is taken gets a number. */
export function joinItems(kind: PimKind, items: readonly PimItem[]): readonly ExportFile[] {
  const counts = new Map<string, number>();
  const taken = new Set<string>();
  return items.map((item) => {
    const base = baseName(item);
    let count = counts.get(base) ?? 0;
    let name: string;
    do {
      count += 1;
      name = `${base}${count === 1 ? "" : `-${String(count)}`}.${EXTENSION[kind]}`;
    } while (taken.has(name));
    counts.set(base, count);
    taken.add(name);
    return { name, text: item.text };
  });
}
