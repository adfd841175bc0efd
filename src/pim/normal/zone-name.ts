/** Areas of the IANA database whose zones have three parts. */
const THREE_PARTS = /^America\/(?:Argentina|Indiana|Kentucky|North_Dakota)$/;

/** Renamed zones that programs still write both ways (IANA `backward`). */
const RENAMED: ReadonlyMap<string, string> = new Map([
  ["Europe/Kyiv", "Europe/Kiev"],
  ["Asia/Kolkata", "Asia/Calcutta"],
  ["Asia/Ho_Chi_Minh", "Asia/Saigon"],
  ["Asia/Kathmandu", "Asia/Katmandu"],
  ["Asia/Yangon", "Asia/Rangoon"],
  ["America/Argentina/Buenos_Aires", "America/Buenos_Aires"],
  ["America/Indiana/Indianapolis", "America/Indianapolis"],
]);

const UTC = /^(?:(?:Etc\/)?(?:UTC|UCT|GMT|Universal|Zulu)|Z)$/i;

/** A TZID without the prefix of the program that wrote it: `/freeassociation.sourceforge.net/Tzfile/Europe/Berlin` and
 * `/softwarestudio.org/Olson_20011030_5/Europe/Berlin` are Europe/Berlin. "Z" for UTC, "" for floating. */
export function zoneName(tzid: string | undefined): string {
  const plain = (tzid ?? "").trim();
  const name = plain.startsWith("/") ? withoutPrefix(plain) : plain;
  return UTC.test(name) ? "Z" : (RENAMED.get(name) ?? name);
}

const withoutPrefix = (tzid: string): string => {
  const parts = tzid.split("/").filter((part) => part !== "");
  const area = parts.slice(-3, -1).join("/");
  return parts.slice(THREE_PARTS.test(area) ? -3 : -2).join("/");
};
