import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const STREETS = ["Hauptstraße", "Rue de l'Église", "Via Roma", "Kongens gate", "Calle Mayor"];
/** Seconds by which each round of edits is later than the one before: clients look at a file's time. */
const ROUND_SECONDS = 60;

/** One vCard 3.0 of about 300 bytes, the same for the same arguments. */
function contactText(number: number, note: string): string {
  const id = String(number).padStart(4, "0");
  const street = STREETS[number % STREETS.length] ?? "";
  return [
    "BEGIN:VCARD",
    "VERSION:3.0",
    `N:Person${id};Jörg;;;`,
    `FN:Jörg Person${id}`,
    `ORG:Company ${String(number % 40)}`,
    `TEL;TYPE=CELL:+49170555${id}`,
    `TEL;TYPE=HOME,VOICE:+4930777${id}`,
    `EMAIL;TYPE=INTERNET:person${id}@example.org`,
    `ADR;TYPE=HOME:;;${street} ${String(number % 200)};Town ${String(number % 90)};;1${id};Germany`,
    `NOTE:${note}`,
    "END:VCARD\r\n",
  ].join("\r\n");
}

/** Writes contacts 1 to `count`, a file for each. */
export function writeContacts(folder: string, count: number): void {
  mkdirSync(folder, { recursive: true });
  for (let number = 1; number <= count; number += 1)
    writeFileSync(join(folder, String(number)), contactText(number, "first"));
}

/** Gives every `count / changes`-th contact {@link noteOfRound} as its note. @param round from 1 */
export function editContacts(
  folder: string,
  options: { count: number; changes: number; round: number },
): void {
  const { count, changes, round } = options;
  const later = Date.now() / 1000 + round * ROUND_SECONDS;
  for (let number = count / changes; number <= count; number += count / changes) {
    const path = join(folder, String(number));
    writeFileSync(path, contactText(number, noteOfRound(round)));
    utimesSync(path, later, later);
  }
}

export const noteOfRound = (round: number): string => `changed in round ${String(round)}`;

/** @returns the texts of the folder's files; none where there is no folder yet */
export function readContacts(folder: string): readonly string[] {
  mkdirSync(folder, { recursive: true });
  return readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
}
