/**
 * Whether a text is what a pattern says: `*` stands for any run of characters, `?` for one, case does not count. In
 * time proportional to the product of both lengths at worst, whatever is in them: nothing is compiled.
 */
export function fits(pattern: string, text: string): boolean {
  const [wanted, given] = [pattern.toLowerCase(), text.toLowerCase()];
  let [at, star, resumeAt] = [0, -1, 0];
  for (let read = 0; read < given.length;) {
    const sign = wanted[at];
    if (sign === "*") {
      star = at++;
      resumeAt = read;
    } else if (sign !== undefined && (sign === "?" || sign === given[read])) {
      at += 1;
      read += 1;
    } else if (star >= 0) {
      at = star + 1;
      read = ++resumeAt;
    } else return false;
  }
  while (wanted[at] === "*") at += 1;
  return at === wanted.length;
}
