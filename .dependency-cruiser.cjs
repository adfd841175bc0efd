/** @type {import('dependency-cruiser').IConfiguration} */
const IO = "^(node:)?(fs|net|tls|http|https|dgram|child_process|worker_threads|timers|os)(/|$)";
const PURE =
  "^(syncml/(spec|model|codec|auth|devinf|session)|card/(apdu|commands|virtual)|src/pim)/";
module.exports = {
  forbidden: [
    { name: "no-circular", severity: "error", from: {}, to: { circular: true } },
    {
      name: "no-orphans",
      severity: "error",
      from: { orphan: true, pathNot: ["\\.d\\.ts$", "(^|/)[^/]+\\.config\\.", "^test/"] },
      to: {},
    },
    {
      name: "syncml-stands-alone",
      severity: "error",
      from: { path: "^syncml/" },
      to: { path: "^(src|card|test|samples)/" },
    },
    {
      name: "card-stands-alone",
      severity: "error",
      from: { path: "^card/" },
      to: { path: "^(src|syncml|test|samples)/" },
    },
    {
      name: "front-door-only",
      severity: "error",
      from: { path: "^(src|samples)/" },
      to: { path: "^(syncml|card)/", pathNot: "^(syncml|card)/index\\.ts$" },
    },
    {
      name: "pure-core-no-node-io",
      severity: "error",
      from: { path: PURE },
      to: { dependencyTypes: ["core"], path: IO },
    },
    {
      name: "pure-core-no-edge",
      severity: "error",
      from: { path: PURE },
      to: {
        path: "^(syncml/runtime|card/(transport|client)|src/(bridge|store|http|web|cli|scheduler))/",
      },
    },
    {
      name: "spec-imports-nothing",
      severity: "error",
      from: { path: "^syncml/spec/" },
      to: { path: ".", pathNot: "^syncml/spec/" },
    },
    {
      name: "xml-parser-in-codec-only",
      severity: "error",
      from: { pathNot: "^(syncml/codec/xml|src/pim/sif)/" },
      to: { path: "(^|node_modules/)fast-xml-parser" },
    },
    {
      name: "pcsc-in-one-file",
      severity: "error",
      from: { pathNot: "^card/transport/pcsc/pcsclite\\.ts$" },
      to: { path: "(^|node_modules/)(@pokusew/)?pcsclite" },
    },
    {
      name: "ical-in-pim-only",
      severity: "error",
      from: { pathNot: "^(src/pim|test)/" },
      to: { path: "(^|node_modules/)ical\\.js" },
    },
    {
      name: "web-libs-at-the-edge",
      severity: "error",
      from: { pathNot: "^(src/(http|web|scheduler|store|cli|main)|syncml/runtime|test/)" },
      to: { path: "(^|node_modules/)(express|node-cron|better-sqlite3)(/|$)" },
    },
    { name: "not-to-test", severity: "error", from: { pathNot: "^test/" }, to: { path: "^test/" } },
    {
      name: "not-to-dev-dep",
      severity: "error",
      from: { path: "^(syncml|card|src)/" },
      to: { dependencyTypes: ["npm-dev"] },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      extensions: [".ts", ".js"],
    },
  },
};
