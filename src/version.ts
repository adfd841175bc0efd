/** The version of package.json, as DevInf and `--version` show it. */
export const VERSION = "0.1.0";
