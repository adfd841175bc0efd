import { destination, type Logger, pino } from "pino";

/** Names of fields that never belong in a log. A second net: nothing logs them in the first place. */
const SECRET_FIELDS = [
  "password",
  "pin",
  "puk",
  "secret",
  "key",
  "nonce",
  "cred",
  "content",
  "authorization",
  "token",
];

const STDERR = 2;

/** JSON lines on stderr, so that stdout stays for data. Written at once: a line that explains a crash must not be lost. */
export function createLogger(level: string): Logger {
  const options = {
    level,
    base: null,
    redact: {
      paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
      censor: "***",
    },
  };
  return pino(options, destination({ dest: STDERR, sync: true }));
}
