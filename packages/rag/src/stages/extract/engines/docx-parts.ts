/** Lets of a DOCX only what its text is made of through to the parser, inflated under limits. */
import JSZip from "jszip";
import type { Entry, ZipFile } from "yauzl";
import { fromBufferPromise } from "yauzl";
import { EngineError, engineFailure } from "./engine.ts";

/** Entries a document may have; large ones with a picture on every page have some thousand. */
const MOST_ENTRIES = 10_000;
/** Bytes of all its parts of text together, inflated: some ten thousand pages. */
const MOST_INFLATED_BYTES = 67_108_864;

const MAIN_PART = /^word\/document\d*\.xml$/;
/** Relationships, content types and parts of text: what pictures and fonts hold is not even inflated. */
const TEXT_PART = /\.(?:xml|rels)$/i;
/** Word writes none, and they are how XML reads files and grows without bound. */
const DECLARATION = /<!(?:DOCTYPE|ENTITY)/i;

/**
 * The document again, as a ZIP of its parts of text, stored as they are.
 * @throws EngineError `encrypted`, `too-large` past the limits, `malformed`.
 */
export async function soundParts(file: Buffer): Promise<Buffer> {
  const zip = await opened(file);
  const sound = new JSZip();
  let left = MOST_INFLATED_BYTES;
  let hasMain = false;
  for await (const entry of entriesOf(zip)) {
    if (!TEXT_PART.test(entry.fileName)) continue;
    const part = await inflated(zip, entry, left);
    left -= part.length;
    if (DECLARATION.test(part.toString("latin1"))) {
      throw new EngineError("malformed", `its part ${entry.fileName} declares a document type`);
    }
    hasMain ||= MAIN_PART.test(entry.fileName);
    sound.file(entry.fileName, part);
  }
  if (!hasMain) throw new EngineError("malformed", "it is a ZIP without a Word document in it");
  return sound.generateAsync({ type: "nodebuffer", compression: "STORE" });
}

async function opened(file: Buffer): Promise<ZipFile> {
  try {
    return await fromBufferPromise(file, { lazyEntries: true });
  } catch (error) {
    throw engineFailure("malformed", `it is no whole ZIP: ${String(error)}`, error);
  }
}

async function* entriesOf(zip: ZipFile): AsyncGenerator<Entry> {
  if (zip.entryCount > MOST_ENTRIES) {
    throw new EngineError("too-large", `it has ${zip.entryCount} entries, the limit is ${MOST_ENTRIES}`);
  }
  try {
    for await (const entry of zip.eachEntry()) {
      if (entry.isEncrypted()) throw new EngineError("encrypted", `its part ${entry.fileName} is encrypted`);
      yield entry;
    }
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw engineFailure("malformed", `its list of parts is broken: ${String(error)}`, error);
  }
}

/** A part, which is as long as the list says it is: a stream with more or fewer bytes is an error. */
async function inflated(zip: ZipFile, entry: Entry, most: number): Promise<Buffer> {
  if (entry.uncompressedSize > most) {
    throw new EngineError("too-large", `its parts inflate to more than ${MOST_INFLATED_BYTES} bytes`);
  }
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer); // of a byte stream
    return Buffer.concat(chunks);
  } catch (error) {
    throw engineFailure("malformed", `its part ${entry.fileName} is broken: ${String(error)}`, error);
  }
}
