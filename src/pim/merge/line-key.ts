import type { ContentLine } from "../content-line/content-line.ts";
import { unescapeText } from "../content-line/escape.ts";
import { calendarParams } from "../normal/calendar-normal.ts";
import { comparableText, lineKey } from "../normal/canonical-line.ts";
import { vcardParams, vcardValues } from "../normal/vcard-normal.ts";
import { dateValues } from "../normal/date-value.ts";

const DATES = /^(?:DTSTART|DTEND|DUE|RECURRENCE-ID|COMPLETED|EXDATE|RDATE)$/;

/** What a line says, without its parameters; equal for equal values however they are spelled. */
export function valueKey(line: ContentLine, isContact: boolean): string {
  if (isContact) return JSON.stringify(vcardValues(line));
  return comparableText(unescapeText(line.value));
}

/** What a line says altogether, without its group. */
export function wholeKey(line: ContentLine, isContact: boolean): string {
  if (isContact) return lineKey({ name: "", params: vcardParams(line), values: vcardValues(line) });
  const values = DATES.test(line.name) ? dateValues(line) : [valueKey(line, false)];
  return lineKey({ name: line.name, params: calendarParams(line), values });
}

/** A line of no value says as much as no line at all. */
export const isEmptyLine = (line: ContentLine, isContact: boolean): boolean =>
  isContact
    ? vcardValues(line).every((value) => value === "")
    : comparableText(unescapeText(line.value)) === "";
