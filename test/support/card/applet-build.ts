import { spawnSync } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";

const APPLET = resolve(import.meta.dirname, "../../../card/applet");

const isInstalled = (program: string): boolean =>
  (process.env["PATH"] ?? "")
    .split(delimiter)
    .some((folder) => fs.existsSync(join(folder, program)));

/** Programs without which the applet cannot be run; for the names of skipped suites. */
export const missingForApplet: readonly string[] = ["java", "javac", "mvn"].filter(
  (program) => !isInstalled(program),
);

/** The first build of a machine fetches Maven's plugins and jCardSim. */
export const BUILD_TIMEOUT_MS = 600_000;

/** Class paths of the applet as it stands in the working tree. */
export interface AppletBuild {
  /** The applet on jCardSim as it comes. */
  readonly plain: string;
  /** With the bench and its classes before jCardSim's. */
  readonly bench: string;
}

let built: AppletBuild | undefined;

/**
 * Compiles the applet and its bench with Maven, in a folder of its own for each state of the sources: builds that run
 * at the same time cannot disturb each other, and what is built already is used again.
 */
export const buildApplet = (): AppletBuild => {
  built ??= toClassPaths(buildInto(join(tmpdir(), `cardsync-applet-${digestOf(sources())}`)));
  return built;
};

const sources = (): readonly string[] =>
  [
    "pom.xml",
    ...fs
      .readdirSync(join(APPLET, "src"), { recursive: true })
      .map((path) => join("src", String(path))),
  ]
    .filter((path) => fs.statSync(join(APPLET, path)).isFile())
    .sort();

const digestOf = (paths: readonly string[]): string => {
  const hash = createHash("sha256");
  for (const path of paths) hash.update(path).update(fs.readFileSync(join(APPLET, path)));
  return hash.digest("hex").slice(0, 16);
};

const CLASS_PATH_FILE = "target/classpath.txt";

const buildInto = (folder: string): string => {
  if (fs.existsSync(folder)) return folder;
  const fresh = `${folder}-${randomUUID()}`;
  for (const path of sources()) fs.cpSync(join(APPLET, path), join(fresh, path));
  const goals = [
    "test-compile",
    "dependency:build-classpath",
    `-Dmdep.outputFile=${CLASS_PATH_FILE}`,
  ];
  const ended = spawnSync("mvn", ["-q", "-B", ...goals], { cwd: fresh, encoding: "utf8" });
  if (ended.status !== 0) {
    fs.rmSync(fresh, { recursive: true });
    throw new Error(`the applet does not compile:\n${ended.stdout}`);
  }
  try {
    fs.renameSync(fresh, folder);
  } catch {
    // Another process was faster.
    fs.rmSync(fresh, { recursive: true });
  }
  return folder;
};

const toClassPaths = (folder: string): AppletBuild => {
  const libraries = fs.readFileSync(join(folder, CLASS_PATH_FILE), "utf8").trim();
  const applet = join(folder, "target/classes");
  return {
    plain: [applet, libraries].join(delimiter),
    bench: [join(folder, "target/test-classes"), applet, libraries].join(delimiter),
  };
};
