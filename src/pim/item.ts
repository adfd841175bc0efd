import type { PimKind } from "./kind.ts";

/** One contact, event, task or note in its canonical text.
 *
 * contact: one vCard 3.0 · event, task: one VCALENDAR 2.0 with the VEVENT or VTODO, its RECURRENCE-ID exceptions and
 * its VTIMEZONEs · note: plain text, first line = title. vCard and iCalendar have CRLF and lines folded at 75 octets,
 * notes LF. What the peer wrote is kept line by line, also what nobody here understands. */
export interface PimItem {
  readonly kind: PimKind;
  readonly text: string;
}
