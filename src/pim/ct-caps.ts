import type { CtCap, CtParam, CtProperty } from "../../syncml/index.ts";
import type { PimKind } from "./kind.ts";
import { mediaTypes } from "./media-types.ts";

/** What the card keeps is everything. A peer such as libsynthesis leaves out what is not listed, so the lists hold the
 * standards' properties, the common extensions by name and "X-*", as SyncEvolution names all others. */
const words = (text: string): readonly string[] => text.trim().split(/\s+/);

const TYPE: CtParam = { name: "TYPE" };
const VALUE: CtParam = { name: "VALUE" };

/** RFC 2426 (vCard 2.1 has a part of it), then what address books add. */
const VCARD = words(`
  BEGIN END VERSION N FN NICKNAME PHOTO BDAY ADR LABEL TEL EMAIL MAILER TZ GEO TITLE ROLE LOGO AGENT ORG CATEGORIES
  NOTE PRODID REV SORT-STRING SOUND URL UID CLASS KEY IMPP CALURI CALADRURI FBURL
  X-ABLabel X-ABDATE X-ABRELATEDNAMES X-ABADR X-ABSHOWAS X-SOCIALPROFILE
  X-AIM X-GADUGADU X-GROUPWISE X-ICQ X-JABBER X-MSN X-SIP X-SKYPE X-YAHOO
  X-ANNIVERSARY X-ASSISTANT X-MANAGER X-SPOUSE X-CLASS X-GENDER X-MOZILLA-HTML
  X-PHONETIC-FIRST-NAME X-PHONETIC-LAST-NAME X-PHONETIC-MIDDLE-NAME
  X-EVOLUTION-ANNIVERSARY X-EVOLUTION-ASSISTANT X-EVOLUTION-BLOG-URL X-EVOLUTION-FILE-AS X-EVOLUTION-MANAGER
  X-EVOLUTION-SPOUSE X-EVOLUTION-VIDEO-URL
  X-KADDRESSBOOK-BlogFeed X-KADDRESSBOOK-CRYPTOENCRYPTPREF X-KADDRESSBOOK-CRYPTOPROTOPREF
  X-KADDRESSBOOK-CRYPTOSIGNPREF X-KADDRESSBOOK-OPENPGPFP X-KADDRESSBOOK-X-Anniversary
  X-KADDRESSBOOK-X-AssistantsName X-KADDRESSBOOK-X-IMAddress X-KADDRESSBOOK-X-ManagersName
  X-KADDRESSBOOK-X-Office X-KADDRESSBOOK-X-Profession X-KADDRESSBOOK-X-SpousesName
  X-messaging/aim-All X-messaging/gadu-All X-messaging/groupwise-All X-messaging/icq-All X-messaging/irc-All
  X-messaging/meanwhile-All X-messaging/msn-All X-messaging/skype-All X-messaging/sms-All X-messaging/xmpp-All
  X-messaging/yahoo-All
  X-*`);

/** RFC 5545: VCALENDAR, VTIMEZONE, VEVENT, VTODO and VALARM. */
const CALENDAR = words(`
  BEGIN END VERSION PRODID CALSCALE METHOD
  TZID TZNAME TZOFFSETFROM TZOFFSETTO TZURL TZ
  ATTACH CATEGORIES CLASS COMMENT DESCRIPTION GEO LOCATION PERCENT-COMPLETE PRIORITY RESOURCES STATUS SUMMARY
  COMPLETED DTEND DUE DTSTART DURATION TRANSP ATTENDEE CONTACT ORGANIZER RECURRENCE-ID RELATED-TO URL UID
  EXDATE EXRULE RDATE RRULE ACTION REPEAT TRIGGER CREATED DTSTAMP LAST-MODIFIED SEQUENCE REQUEST-STATUS
  X-EVOLUTION-ALARM-UID X-SYNCEVOLUTION-EXDATE-DETACHED X-MICROSOFT-CDO-BUSYSTATUS X-MICROSOFT-CDO-ALLDAYEVENT
  X-*`);

const PARAMS: ReadonlyMap<string, readonly CtParam[]> = new Map([
  ["TEL", [TYPE]],
  ["EMAIL", [TYPE]],
  ["ADR", [TYPE]],
  ["LABEL", [TYPE]],
  ["URL", [TYPE]],
  ["IMPP", [TYPE]],
  ["PHOTO", [TYPE, VALUE]],
  ["LOGO", [TYPE, VALUE]],
  ["SOUND", [TYPE, VALUE]],
  ["KEY", [TYPE]],
]);

const property = (name: string): CtProperty => {
  const params = PARAMS.get(name);
  return params === undefined ? { name } : { name, params };
};

const calendar = (component: string): readonly CtProperty[] =>
  CALENDAR.map((name) =>
    name === "BEGIN" || name === "END"
      ? { name, valEnums: ["VCALENDAR", "VTIMEZONE", "STANDARD", "DAYLIGHT", component, "VALARM"] }
      : property(name),
  );

const vcard = (): readonly CtProperty[] =>
  VCARD.map((name) =>
    name === "BEGIN" || name === "END" ? { name, valEnums: ["VCARD"] } : property(name),
  );

const PROPERTIES: Readonly<Record<PimKind, readonly CtProperty[]>> = {
  contact: vcard(),
  event: calendar("VEVENT"),
  task: calendar("VTODO"),
  note: [],
};

/** The DevInf content capabilities of a kind, one for each media type; [] for notes, whose text has no properties. */
export const ctCaps = (kind: PimKind): readonly CtCap[] =>
  PROPERTIES[kind].length === 0
    ? []
    : mediaTypes(kind).map(({ type, version }) => ({
        ctType: type,
        verCt: version,
        properties: PROPERTIES[kind].map((one) =>
          one.name === "VERSION" ? { ...one, valEnums: [version], maxOccur: 1 } : one,
        ),
      }));
