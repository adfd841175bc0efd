import { createHash } from "node:crypto";

const STYLE = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { max-width: 40rem; margin: 2rem auto; padding: 0 1rem }
th { text-align: left; padding-right: 1.5rem; font-weight: 600 }
code { overflow-wrap: anywhere }
`;

/** Of the page's only style sheet, base64: what the content security policy lets in. */
export const STYLE_HASH = createHash("sha256").update(STYLE, "utf8").digest("base64");

/** The page for people who open a peer's address in a browser: what this is, and how to connect. It tells nothing of any user. */
export function welcomePage(endpoint: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>cardsync</title>
<style>${STYLE}</style>
</head>
<body>
<h1>cardsync</h1>
<p>Contacts, events, tasks and notes on a smartcard, for everything that speaks SyncML / OMA DS.
This address is for programs: a phone, a mail program or a server synchronizes with the card here.</p>
<table>
<tr><th scope="row">Server address</th><td><code>${escapeHtml(endpoint)}</code></td></tr>
<tr><th scope="row">Protocol</th><td>SyncML 1.0, 1.1, 1.2 over HTTP, in XML or WBXML</td></tr>
<tr><th scope="row">User, password</th><td>as shown at the first start, or set by <code>cardsync user</code></td></tr>
<tr><th scope="row">Contacts</th><td><code>contacts</code></td></tr>
<tr><th scope="row">Events</th><td><code>calendar</code></td></tr>
<tr><th scope="row">Tasks</th><td><code>tasks</code></td></tr>
<tr><th scope="row">Notes</th><td><code>notes</code></td></tr>
</table>
</body>
</html>
`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? "");
