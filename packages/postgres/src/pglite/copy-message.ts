/** One `COPY … FROM STDIN` as a single wire message: the statement, its data, its end. */

const COPY_DATA = 0x64;
const COPY_DONE = Uint8Array.of(0x63, 0, 0, 0, 4);
const HEADER_BYTES = 5;

/**
 * Joins them (PostgreSQL 18 manual, 54.7 "Message Formats"). PGlite reads a statement's input from one buffer, so all
 * data is there before the statement starts.
 */
export function copyMessage(statement: Uint8Array, chunks: readonly Uint8Array[]): Uint8Array {
  const dataBytes = chunks.reduce((sum, chunk) => sum + HEADER_BYTES + chunk.byteLength, 0);
  const message = new Uint8Array(statement.byteLength + dataBytes + COPY_DONE.byteLength);
  const view = new DataView(message.buffer);
  message.set(statement);
  let at = statement.byteLength;
  for (const chunk of chunks) {
    message[at] = COPY_DATA;
    view.setInt32(at + 1, 4 + chunk.byteLength);
    message.set(chunk, at + HEADER_BYTES);
    at += HEADER_BYTES + chunk.byteLength;
  }
  message.set(COPY_DONE, at);
  return message;
}
