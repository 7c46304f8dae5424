// Owns the demo's PDFs: the documents inside some of Debian's packages, downloaded and unpacked, never installed.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { aptGet, hasPackageLists, isDebian, isRoot } from "./services/apt.mjs";

const PACKAGES = [
  "developers-reference",
  "debian-policy",
  "debian-faq",
  "maint-guide",
  "debian-reference-en",
  "bash-doc",
  "gnu-standards",
  "pari-doc",
  "octave-doc",
  "gnuplot-doc",
  "maxima-doc",
  "valgrind",
  "asymptote-doc",
];
const NOT_IN_RELEASE = /Unable to locate package|no installation candidate|Can't select candidate/;

/**
 * Leaves the PDFs in `<dir>/pdfs/<package>/` and returns `{folder, files}` (absolute paths); a second call finds them
 * there and does nothing. Needs no root. Elsewhere than on Debian it says so and returns undefined.
 */
export async function fetchDemoCorpus(dir, { log = console.log } = {}) {
  if (!isDebian()) {
    log("The demo's PDFs come from Debian's packages, and this machine has no apt-get and dpkg-deb.");
    return undefined;
  }
  const place = makePlace(resolve(dir));
  const missing = PACKAGES.filter((name) => !isComplete(place, name));
  if (missing.length > 0) fetchPackages(place, missing, log);
  const files = PACKAGES.flatMap((name) => place.record[name] ?? []).map(({ path }) =>
    join(place.pdfs, path),
  );
  return { folder: place.pdfs, files };
}

/** `record` remembers what every package gave; a package that this Debian release lacks gave nothing. */
function makePlace(dir) {
  const recordFile = join(dir, "corpus.json");
  mkdirSync(join(dir, "pdfs"), { recursive: true });
  const record = existsSync(recordFile) ? JSON.parse(readFileSync(recordFile, "utf8")) : {};
  return { dir, pdfs: join(dir, "pdfs"), work: join(dir, "work"), recordFile, record };
}

function isComplete({ pdfs, record }, name) {
  const files = record[name];
  return files?.every(
    ({ path, bytes }) => statSync(join(pdfs, path), { throwIfNoEntry: false })?.size === bytes,
  );
}

function fetchPackages(place, names, log) {
  const options = ensureLists(place, log);
  for (const [index, name] of names.entries()) {
    rmSync(place.work, { recursive: true, force: true });
    mkdirSync(place.work);
    const isFound = download(place, name, options);
    const files = isFound ? unpack(place, name) : [];
    place.record[name] = files;
    writeFileSync(place.recordFile, `${JSON.stringify(place.record, null, 2)}\n`);
    log(
      `[${index + 1}/${names.length}] ${name}: ${isFound ? describe(files) : "not in this Debian release, left out"}`,
    );
  }
  rmSync(place.work, { recursive: true, force: true });
}

function describe(files) {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return `${files.length} ${files.length === 1 ? "PDF" : "PDFs"}, ${(bytes / 1e6).toFixed(1)} MB`;
}

/** Options for apt-get; without root, missing lists go to a folder of the demo's own. */
function ensureLists({ dir }, log) {
  const unsandboxed = ["-o", "APT::Sandbox::User=root"]; // else root is warned that _apt cannot write here
  if (hasPackageLists()) return unsandboxed;
  log("Fetching Debian's package lists");
  const own = isRoot()
    ? []
    : ["-o", `Dir::State::Lists=${join(dir, "apt")}`, "-o", `Dir::Cache=${join(dir, "apt")}`];
  aptGet([...unsandboxed, ...own, "update"]);
  return [...unsandboxed, ...own];
}

/** False where this Debian release has no such package. */
function download({ work }, name, options) {
  try {
    aptGet([...options, "download", name], { cwd: work });
    return true;
  } catch (error) {
    if (NOT_IN_RELEASE.test(error.message)) return false;
    throw error;
  }
}

/** Copies every real PDF of the downloaded package to its folder, gunzipped; links would be second copies. */
function unpack({ work, pdfs }, name) {
  const deb = readdirSync(work).find((file) => file.endsWith(".deb")) ?? "";
  const tree = join(work, "tree");
  const run = spawnSync("dpkg-deb", ["-x", join(work, deb), tree], { encoding: "utf8" });
  if (run.status !== 0) throw new Error(`dpkg-deb -x ${deb} failed: ${run.error?.message ?? run.stderr}`);
  rmSync(join(pdfs, name), { recursive: true, force: true });
  mkdirSync(join(pdfs, name));
  return listPdfs(tree).map((source) => {
    const content = source.endsWith(".gz") ? gunzipSync(readFileSync(source)) : readFileSync(source);
    const path = join(name, basename(source, ".gz"));
    writeFileSync(join(pdfs, path), content, { flag: "wx" });
    return { path, bytes: content.length };
  });
}

function listPdfs(folder) {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  const pdfs = entries.filter((entry) => entry.isFile() && /\.pdf(\.gz)?$/.test(entry.name));
  return pdfs.map((entry) => join(entry.parentPath, entry.name)).sort();
}
