import { randomBytes } from "node:crypto";

/** Letters and digits that nobody mixes up on a phone's keys; 32 of them, so one byte maps without bias. */
const ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789";
const GROUPS = 5;
const GROUP_LENGTH = 4;

/** @returns a random password of 100 bits: five groups of four letters and digits, joined by hyphens */
export function newPassword(): string {
  const groups: string[] = [];
  for (let group = 0; group < GROUPS; group += 1) {
    const letters = Array.from(randomBytes(GROUP_LENGTH), (byte) => ALPHABET[byte % 32] ?? "a");
    groups.push(letters.join(""));
  }
  return groups.join("-");
}
