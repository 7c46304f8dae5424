/** The documents of the restart tests: PDFs, Markdown and text of many sizes, some broken, the same for the same seed. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { minimalPdf } from "../../packages/rag/src/stages/extract/minimal-pdf.fixture.ts";
import { type Random, seededRandom } from "./random.ts";

const WORDS =
  "water wheel stone grain mill race flour sluice gate river miller sack bread oven field harvest rope gear".split(
    " ",
  );
const LINE_WORDS = 9;
const PAGE_LINES = 30;
const BOOKS = 14;
const CHAPTERS = 8;
const LOGS = 4;
/** Makes a chunk of every few books, as books are. */
const BOOK_BALLAST = 900_000;
/** With these the reader needs a second window, so that kills also land between two of the coordinator's wake-ups. */
const NOTES = 520;

/** What a run over the untouched corpus ends with. */
export const EXPECTED = {
  ingested: BOOKS + CHAPTERS + LOGS + NOTES,
  failures: { malformed: 2, "needs-ocr": 1, encrypted: 1 },
  ignored: 1,
} as const;

/** Writes the corpus into a new folder and gives it; fewer notes make a shorter run. */
export function writeCorpus(folder: string, seed: number, notes: number = NOTES): string {
  const random = seededRandom(seed);
  for (const place of ["books", "chapters", "logs", "notes", "odd"]) {
    mkdirSync(join(folder, place), { recursive: true });
  }
  for (let n = 0; n < BOOKS; n += 1)
    writeFileSync(join(folder, "books", `${n}.pdf`), book(4 + n * 2, random));
  for (let n = 0; n < CHAPTERS; n += 1) {
    writeFileSync(join(folder, "chapters", `${n}.md`), chapter(2 + n * 2, random));
  }
  for (let n = 0; n < LOGS; n += 1)
    writeFileSync(join(folder, "logs", `${n}.txt`), lines(100 * (n + 1), random));
  for (let n = 0; n < notes; n += 1) writeFileSync(join(folder, "notes", `${n}.txt`), lines(3, random));
  writeOddFiles(join(folder, "odd"));
  return folder;
}

function writeOddFiles(folder: string): void {
  const whole = minimalPdf({ pages: ["cut off in the middle"] });
  writeFileSync(join(folder, "cut.pdf"), whole.subarray(0, 60));
  writeFileSync(join(folder, "renamed.pdf"), "This was never a PDF.\n");
  writeFileSync(join(folder, "scanned.pdf"), minimalPdf({ pages: ["", "", ""] }));
  writeFileSync(join(folder, "locked.pdf"), minimalPdf({ pages: ["secret"], locked: true }));
  writeFileSync(join(folder, "picture.png"), Buffer.from([0x89, 0x50, 0x4e, 0x47]));
}

/** What `changeCorpus` did, as paths. */
export interface Changes {
  readonly changed: readonly string[];
  readonly added: readonly string[];
  readonly vanished: readonly string[];
  /** Read before, broken now. */
  readonly broken: readonly string[];
}

/** Changes, adds, removes and breaks some documents of every kind. */
export function changeCorpus(folder: string, seed: number): Changes {
  const random = seededRandom(seed);
  const at = (path: string): string => join(folder, path);
  const changed = ["books/3.pdf", "books/12.pdf", "chapters/1.md", "logs/2.txt", "notes/7.txt"].map(at);
  const [shorter = "", longer = "", markdown = "", log = "", note = ""] = changed;
  writeFileSync(shorter, book(2, random));
  writeFileSync(longer, book(90, random));
  writeFileSync(markdown, chapter(12, random));
  writeFileSync(log, lines(90, random));
  writeFileSync(note, lines(4, random));
  const added = [at("books/new.pdf"), at("notes/a-new.txt")];
  writeFileSync(at("books/new.pdf"), book(40, random));
  writeFileSync(at("notes/a-new.txt"), lines(2, random));
  const vanished = ["books/5.pdf", "chapters/4.md", "notes/100.txt", "notes/99.txt"].map(at);
  for (const path of vanished) rmSync(path);
  const broken = [at("books/8.pdf")];
  for (const path of broken) writeFileSync(path, "no longer a PDF\n");
  return { changed, added, vanished, broken };
}

function book(pages: number, random: Random): Buffer {
  const text = Array.from({ length: pages }, () => lines(PAGE_LINES, random));
  return minimalPdf({ pages: text, ballast: BOOK_BALLAST });
}

function chapter(sections: number, random: Random): string {
  const section = (_: unknown, n: number): string => `## Section ${n + 1}\n\n${lines(25, random)}\n`;
  return `# A chapter\n\n${Array.from({ length: sections }, section).join("\n")}`;
}

function lines(count: number, random: Random): string {
  const word = (): string => WORDS[Math.floor(random() * WORDS.length)] ?? "";
  const line = (): string => Array.from({ length: LINE_WORDS }, word).join(" ");
  return Array.from({ length: count }, line).join("\n");
}
