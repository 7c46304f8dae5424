/** How the built-in types of documents are recognised. */
import type { DocumentKind, Magic, Refusal } from "../../ports/document-type.ts";
import { isCompoundFile, isZip } from "../validate/container-bytes.ts";
import { holdsPdf, looksBinary, startsAsPdf } from "../validate/magic-bytes.ts";

/** Files of words are told from binary ones; which words they are, only their names say. */
const WORDS: Magic = {
  refuse: (head) =>
    looksBinary(head)
      ? { reason: "unsupported", why: "it is named as text and holds binary data" }
      : undefined,
};

/** PDF, also where the name does not say so. */
export const PDF: DocumentKind = {
  format: "pdf",
  extensions: [".pdf"],
  magic: {
    refuse: (head) =>
      holdsPdf(head)
        ? undefined
        : { reason: "malformed", why: "it is named as a PDF and does not start as one" },
    claims: startsAsPdf,
    claimsNameless: holdsPdf,
  },
};

/** Plain text. */
export const TEXT: DocumentKind = {
  format: "text",
  extensions: [".txt", ".text"],
  magic: WORDS,
};

/** Markdown. */
export const MARKDOWN: DocumentKind = {
  format: "markdown",
  extensions: [".md", ".markdown"],
  magic: WORDS,
};

/** HTML pages. */
export const HTML: DocumentKind = {
  format: "html",
  extensions: [".html", ".htm", ".xhtml"],
  magic: WORDS,
};

/** Word documents. */
export const DOCX: DocumentKind = { format: "docx", extensions: [".docx"], magic: { refuse: noDocx } };

/** All of them. */
export const BUILT_IN_KINDS: readonly DocumentKind[] = Object.freeze([PDF, TEXT, MARKDOWN, HTML, DOCX]);

/** Word wraps a document with a password into a container of its older format, as that format itself is. */
function noDocx(head: Uint8Array): Refusal | undefined {
  if (isZip(head)) return undefined;
  if (!isCompoundFile(head)) return { reason: "malformed", why: "it is named as a DOCX and is no ZIP" };
  return isEncryptedPackage(head)
    ? { reason: "encrypted", why: "it has a password" }
    : { reason: "unsupported", why: "it is in the format of Word 97: save it as DOCX" };
}

/** The names of a compound file's streams are UTF-16. */
function isEncryptedPackage(head: Uint8Array): boolean {
  return Buffer.from(head).includes(Buffer.from("EncryptedPackage", "utf16le"));
}
