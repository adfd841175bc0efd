import { lineNamed } from "./content-line/component.ts";
import type { PimItem } from "./item.ts";
import { parseWallTime } from "./normal/date-value.ts";
import { rootComponent } from "./parse-text.ts";
import { masterComponent } from "./title.ts";

/** When the item was last edited, in milliseconds since 1970 UTC: REV of a contact, LAST-MODIFIED of an event or task.
 * A time without zone counts as UTC. undefined where nothing says it; DTSTAMP does not, it is the time of sending. */
export function modifiedAtMs(item: PimItem): number | undefined {
  const line =
    item.kind === "contact"
      ? named(rootComponent(item), "REV")
      : named(masterComponent(item), "LAST-MODIFIED");
  const ms = parseWallTime(line?.value ?? "", undefined)?.wallMs;
  return ms === undefined || Number.isNaN(ms) ? undefined : ms;
}

const named = (
  component: ReturnType<typeof rootComponent>,
  name: string,
): ReturnType<typeof lineNamed> =>
  component === undefined ? undefined : lineNamed(component, name);
