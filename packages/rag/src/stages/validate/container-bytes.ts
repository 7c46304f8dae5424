/** Containers that documents come in, judged by their first bytes. */

const ZIP = Buffer.from("PK\u0003\u0004", "latin1");
const COMPOUND = Buffer.from("d0cf11e0a1b11ae1", "hex");

/** Whether a file starts as a ZIP does that has entries. */
export function isZip(head: Uint8Array): boolean {
  return ZIP.equals(head.subarray(0, ZIP.length));
}

/** Whether a file starts as a compound file of older Office programs. */
export function isCompoundFile(head: Uint8Array): boolean {
  return COMPOUND.equals(head.subarray(0, COMPOUND.length));
}
