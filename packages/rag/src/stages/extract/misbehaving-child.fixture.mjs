/** An extraction child whose engines fail in every way a parser can. A "document" is a file that holds its page count. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve } from "../../../dist/child.js";

const totalOf = (path) => Number(readFileSync(path, "utf8"));
const pagesOf = ({ path, from, to }) => {
  const totalPages = totalOf(path);
  const pages = [];
  for (let number = from; number <= Math.min(to, totalPages); number++) {
    pages.push({ number, text: `page ${number}` });
  }
  return { totalPages, pages };
};
/** Leaves this process's id beside the document, so that a test can see it live and die. */
const announce = (path) => writeFileSync(`${path}.pid`, String(process.pid));
const spin = () => {
  for (;;);
};
let windowsRead = 0;

const behaviours = {
  sound: pagesOf,
  aborts: () => process.abort(),
  /** Leaves files where parsers leave them, and says where that is. */
  litters: (window) => {
    mkdirSync(join(tmpdir(), "pages"));
    writeFileSync(join(tmpdir(), "pages", "1.ppm"), "picture");
    writeFileSync("core.1", "memory");
    writeFileSync(`${window.path}.place`, tmpdir());
    if (window.path.includes("bad")) process.abort();
    return pagesOf(window);
  },
  "aborts-on-bad": (window) => (window.path.includes("bad") ? process.abort() : pagesOf(window)),
  exits: () => process.exit(3),
  spins: ({ path }) => {
    announce(path);
    spin();
  },
  /** Answers a moment after a test can see that it was asked, and says when it has. */
  announces: (window) => {
    announce(window.path);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    setTimeout(() => writeFileSync(`${window.path}.answered`, ""), 50);
    return pagesOf(window);
  },
  eats: ({ path }) => {
    announce(path);
    const hoard = [];
    while (hoard.length < 60) hoard.push(Buffer.alloc(50_000_000, hoard.length));
    spin();
  },
  loses: (window) => ({ ...pagesOf(window), pages: pagesOf(window).pages.slice(1) }),
  shrinks: (window) => ({ totalPages: 1, pages: pagesOf(window).pages.slice(0, 1) }),
  refuses: () => {
    throw new Error("invalid PDF format");
  },
  locked: () => {
    throw new Error("password required");
  },
  "late-abort": (window) => (window.from > 1 ? process.abort() : pagesOf(window)),
  "wears-out": (window) => {
    windowsRead += 1;
    if (windowsRead > 1) process.abort();
    return pagesOf(window);
  },
};

const engine = (behaviour) => async () => ({
  read: async (window) => behaviour(window),
  count: async (path) => behaviour({ path, from: 1, to: 1 }).totalPages,
});

serve({
  ...Object.fromEntries(Object.entries(behaviours).map(([name, behaviour]) => [name, engine(behaviour)])),
  unloadable: async () => {
    throw new Error("no native module for this machine");
  },
});
