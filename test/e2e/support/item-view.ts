/** What a user sees of an item: for comparing both sides property by property, in a readable way. */
export interface ItemView {
  readonly title: string;
  /** `NAME;PARAM=value: value`, sorted. */
  readonly properties: readonly string[];
}

/** A second opinion on what `src/pim` does: it shares no code with it. */
export function viewItem(text: string): ItemView {
  if (!/^BEGIN:/i.test(text.trimStart())) {
    const note = plain(text);
    return { title: note.split("\n")[0] ?? "", properties: [`TEXT: ${note}`] };
  }
  const properties = readProperties(text);
  const title = ["FN", "VEVENT.SUMMARY", "VTODO.SUMMARY"]
    .map((name) => properties.find((each) => each.startsWith(`${name}: `))?.slice(name.length + 2))
    .find((value) => value !== undefined);
  return { title: title ?? "", properties: properties.toSorted() };
}

/** @returns the views in an order that depends on nothing but them */
export const viewItems = (texts: Iterable<string>): readonly ItemView[] =>
  [...texts]
    .map(viewItem)
    .map((view) => ({ view, key: JSON.stringify(view) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ view }) => view);

/** They tell of the copy and of the program that wrote it, not of the person or event. */
const ABOUT_THE_COPY = new Set([
  ...["UID", "REV", "PRODID", "VERSION", "DTSTAMP", "CREATED", "LAST-MODIFIED", "SEQUENCE"],
  ...["METHOD", "CALSCALE", "BEGIN", "END"],
]);
/** They say how a value is written, which is undone here. */
const SPELLING_PARAMS = new Set(["ENCODING", "CHARSET", "VALUE", "X-EVOLUTION-UI-SLOT"]);
const STRUCTURED = new Set(["N", "ADR", "ORG", "GEO"]);

function readProperties(text: string): readonly string[] {
  const properties: string[] = [];
  const path: string[] = [];
  for (const line of logicalLines(text)) {
    const property = parseLine(line);
    if (property === undefined) continue;
    const { name, params, value } = property;
    if (name === "BEGIN") path.push(value.toUpperCase());
    if (name === "END") path.pop();
    // Zones are compared by their names at the times that use them.
    if (ABOUT_THE_COPY.has(name) || path.includes("VTIMEZONE")) continue;
    const seen = readable(name, value);
    if (seen === "") continue;
    const place = path.filter((each) => each !== "VCARD" && each !== "VCALENDAR");
    properties.push(`${[...place, name].join(".")}${params}: ${seen}`);
  }
  return properties;
}

/** Folded lines joined, and those that end in a soft line break of quoted-printable. */
function logicalLines(text: string): readonly string[] {
  const lines: string[] = [];
  for (const line of text.replace(/\r\n?/g, "\n").split("\n")) {
    const last = lines.at(-1);
    if (last !== undefined && /^[ \t]/.test(line)) lines[lines.length - 1] = last + line.slice(1);
    else if (last !== undefined && isOpenQuotedPrintable(last))
      lines[lines.length - 1] = last.slice(0, -1) + line;
    else lines.push(line);
  }
  return lines;
}

const isQuotedPrintable = (head: string): boolean => /QUOTED-PRINTABLE/i.test(head);
const isOpenQuotedPrintable = (line: string): boolean =>
  line.endsWith("=") && isQuotedPrintable(line.slice(0, line.indexOf(":")));

interface Property {
  readonly name: string;
  /** `;NAME=value` each, sorted. */
  readonly params: string;
  readonly value: string;
}

function parseLine(line: string): Property | undefined {
  const [, head, value] = /^((?:"[^"]*"|[^":])+):(.*)$/s.exec(line) ?? [];
  if (head === undefined || value === undefined) return undefined;
  const [name = "", ...params] = head.split(";");
  const decoded = isQuotedPrintable(head) ? decodeQuotedPrintable(value) : value;
  return { name: name.toUpperCase(), params: readParams(name, params), value: decoded };
}

function decodeQuotedPrintable(value: string): string {
  const bytes = value.replace(/=([0-9A-F]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  // Escapes are the text's own there: line breaks are the only ones that were encoded.
  return Buffer.from(bytes, "latin1").toString("utf8").replace(/\r\n?/g, "\n");
}

/** Types of vCard 2.1 stand without a name; a type that is the default says nothing. */
const DEFAULT_TYPES = new Set(["VOICE", "INTERNET"]);

function readParams(name: string, params: readonly string[]): string {
  const pairs = params.flatMap((param) => {
    const [key = "", value] = param.split("=", 2);
    if (value !== undefined && key.toUpperCase() !== "TYPE")
      return [`${key.toUpperCase()}=${zoneName(key, value)}`];
    const isPhoto = name.toUpperCase() === "PHOTO";
    return (value ?? key).split(",").flatMap((type) => {
      const isSaid = !isPhoto && !DEFAULT_TYPES.has(type.toUpperCase());
      return isSaid && !isEncoding(type) ? [`TYPE=${type.toUpperCase()}`] : [];
    });
  });
  const said = pairs.filter((pair) => !SPELLING_PARAMS.has(pair.split("=")[0] ?? ""));
  return [...new Set(said)]
    .sort()
    .map((pair) => `;${pair}`)
    .join("");
}

const isEncoding = (type: string): boolean => /^(QUOTED-PRINTABLE|BASE64|B|8BIT)$/i.test(type);

/** libical prefixes the names of the Olson database: `/freeassociation.../Europe/Berlin`. */
const zoneName = (key: string, value: string): string =>
  key.toUpperCase() === "TZID" ? value.split("/").slice(-2).join("/") : value;

function readable(name: string, value: string): string {
  if (name === "PHOTO") return value.replace(/\s/g, "");
  if (name === "BDAY") return value.replaceAll("-", "");
  if (name === "CATEGORIES") return splitUnescaped(value, ",").sort().join(", ");
  if (!STRUCTURED.has(name)) return unescaped(value);
  const parts = splitUnescaped(value, ";");
  const last = parts.findLastIndex((part) => part !== "");
  return parts.slice(0, last + 1).join(" | ");
}

const splitUnescaped = (value: string, separator: "," | ";"): string[] =>
  (value.match(separator === ";" ? /(?:\\.|[^\\;])+|;/gs : /(?:\\.|[^\\,])+|,/gs) ?? [])
    .reduce<string[]>(
      (parts, token) =>
        token === separator
          ? [...parts, ""]
          : [...parts.slice(0, -1), (parts.at(-1) ?? "") + token],
      [""],
    )
    .map(unescaped);

const unescaped = (value: string): string =>
  plain(
    value.replace(/\\(.)/gs, (_, char: string) => (char === "n" || char === "N" ? "\n" : char)),
  );

const plain = (text: string): string => text.replace(/\r\n?/g, "\n").trim().normalize("NFC");
