/** Lines as a vCard or iCalendar object has them. */
const lines = (...all: readonly string[]): string => `${all.join("\r\n")}\r\n`;

/** Details by which a later version of a contact differs. */
export interface ContactDetails {
  readonly tel?: string;
  readonly note?: string;
  /** `REV`, by which a conflict finds the newer version. */
  readonly rev?: string;
  /** Bytes of the picture; none where left out. */
  readonly photoBytes?: number;
}

/** A vCard 3.0 with what an address book usually holds, in several scripts. */
export function contact(name: string, details: ContactDetails = {}): string {
  const { tel = "+49 30 1234", note, rev, photoBytes } = details;
  const [first = name, ...rest] = name.split(" ");
  return lines(
    ...["BEGIN:VCARD", "VERSION:3.0"],
    ...(rev === undefined ? [] : [`REV:${rev}`]),
    `FN:${name}`,
    `N:${rest.join(" ")};${first};;Dr.;`,
    ...[`TEL;TYPE=CELL:${tel}`, "TEL;TYPE=WORK,FAX:+7 495 555-01-02"],
    `EMAIL;TYPE=HOME:${first.toLowerCase()}@example.org`,
    "ADR;TYPE=WORK:;;Straße des 17. Juni 135;Berlin;;10623;Deutschland",
    ...["ORG:Müller & Söhne\\; Partner;Einkauf", "TITLE:Größte Leiterin", "BDAY:1970-01-31"],
    ...["NICKNAME:Анна", "URL:http://example.org/~ada?a=1&b=2"],
    `NOTE:${note ?? "Zeile eins\\nZeile zwei\\, mit Komma\\; und 漢字"}`,
    ...(photoBytes === undefined ? [] : [`PHOTO;ENCODING=b;TYPE=JPEG:${photo(photoBytes)}`]),
    "END:VCARD",
  );
}

/** Base64 of bytes that no compression makes smaller and that are the same each time. */
function photo(bytes: number): string {
  let state = 0x2545f491;
  const data = Buffer.alloc(bytes).map(() => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 24;
  });
  return Buffer.from(data).toString("base64");
}

/** `Person 0001` and so on: contacts that differ. */
export const crowd = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => {
    const number = String(at + 1).padStart(4, "0");
    return contact(`Person ${number}`, { tel: `+49 30 ${number}` });
  });

export const event = (summary: string, location = "Zimmer 3\\, Hof"): string =>
  lines(
    ...["BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", `UID:${uid(summary)}`],
    ...["DTSTAMP:20260101T000000Z", "DTSTART:20260401T080000Z", "DTEND:20260401T090000Z"],
    ...[`SUMMARY:${summary}`, `LOCATION:${location}`, "DESCRIPTION:Erste Zeile\\nzweite"],
    ...["END:VEVENT", "END:VCALENDAR"],
  );

export const task = (summary: string, priority = 5): string =>
  lines(
    ...["BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VTODO", `UID:${uid(summary)}`],
    ...["DTSTAMP:20260101T000000Z", "DUE:20260501T170000Z", `PRIORITY:${String(priority)}`],
    ...[`SUMMARY:${summary}`, "DESCRIPTION:Formulare", "STATUS:NEEDS-ACTION"],
    ...["END:VTODO", "END:VCALENDAR"],
  );

export const note = (title: string, body = "Zweite Zeile: äöü, 漢字; 'x' & <y>"): string =>
  `${title}\n${body}\n`;

const uid = (summary: string): string => `${summary.replace(/\W/g, "")}@example.org`;
