import { isIP } from "node:net";

const GROUPS = 8;
const NETWORK_GROUPS = 4;

/**
 * What one party can change its address within: nothing in IPv4, the last 64 bits in IPv6.
 * @returns the address as it came where it is none
 */
export function networkOf(address: string): string {
  const [plain = ""] = address.split("%");
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1];
  if (mapped !== undefined) return mapped;
  if (isIP(plain) !== 6) return address;
  const [head = "", tail] = plain.split("::");
  const start = groupsOf(head);
  const end = tail === undefined ? [] : groupsOf(tail);
  const zeros = Array.from({ length: GROUPS - start.length - end.length }, () => "0");
  return `${[...start, ...zeros, ...end].slice(0, NETWORK_GROUPS).join(":")}::/64`;
}

/** An IPv4 tail is two groups; which they are matters to nobody here. */
const groupsOf = (text: string): readonly string[] =>
  text === ""
    ? []
    : text
        .split(":")
        .flatMap((group) =>
          group.includes(".") ? ["0", "0"] : [parseInt(group, 16).toString(16)],
        );
