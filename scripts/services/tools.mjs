// Owns the command line tools tests need: found on PATH, else installed from Debian, else a clear error.
import { aptInstall, findOnPath } from "./apt.mjs";

const PACKAGE_OF = Object.freeze({ faketime: "faketime", qpdf: "qpdf", strace: "strace", tmux: "tmux" });

/** Every tool the tests use. */
export const TEST_TOOLS = Object.freeze(Object.keys(PACKAGE_OF));

/**
 * The path of `name`, installing its Debian package first where it is missing.
 * @param {string} name
 * @returns {string}
 */
export function ensureTool(name) {
  const found = findOnPath(name);
  if (found !== undefined) return found;
  aptInstall([PACKAGE_OF[name] ?? name], `the tool ${name}`);
  const installed = findOnPath(name);
  if (installed === undefined) throw new Error(`apt-get installed ${name}, but it is not on PATH`);
  return installed;
}
