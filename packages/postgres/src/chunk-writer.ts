/** Bytes in network order, collected into chunks of bounded size. */

const NOTHING = new Uint8Array();

/** Writes into one chunk after the other. Ask for `room` first: writing past the chunk throws. */
export class ChunkWriter {
  readonly #chunkBytes: number;
  #chunk: Buffer<ArrayBuffer>;
  #at = 0;

  constructor(chunkBytes: number) {
    this.#chunkBytes = chunkBytes;
    this.#chunk = memory(chunkBytes);
  }

  /** Makes sure that `bytes` fit; gives the chunk that had to make way, if any. */
  room(bytes: number): Uint8Array<ArrayBuffer> | undefined {
    if (this.#at + bytes <= this.#chunk.byteLength) return undefined;
    const full = this.#at > 0 ? this.take() : undefined;
    this.#chunk = memory(Math.max(bytes, this.#chunkBytes));
    return full;
  }

  /** What was written since the last chunk; it is the caller's. */
  take(): Uint8Array<ArrayBuffer> {
    const { buffer, byteOffset } = this.#chunk;
    const taken = new Uint8Array(buffer, byteOffset, this.#at);
    this.#chunk = memory(0);
    this.#at = 0;
    return taken;
  }

  int16(value: number): void {
    this.#at = this.#chunk.writeInt16BE(value, this.#at);
  }

  int32(value: number): void {
    this.#at = this.#chunk.writeInt32BE(value, this.#at);
  }

  bytes(value: Uint8Array): void {
    this.#chunk.set(value, this.#at);
    this.#at += value.byteLength;
  }

  /** Gives how many bytes the digits made. */
  hex(digits: string): number {
    const written = this.#chunk.write(digits, this.#at, "hex");
    this.#at += written;
    return written;
  }

  /** Swapping a copy in place is native code; writing float after float is not. */
  floats(values: Float32Array): void {
    const start = this.#at;
    this.bytes(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    this.#chunk.subarray(start, this.#at).swap32();
  }

  /** UTF-8 behind these bytes, with the length of both before it. */
  text(value: string, first: Uint8Array = NOTHING): true {
    const written = this.#chunk.write(value, this.#at + 4 + first.byteLength, "utf8");
    this.int32(first.byteLength + written);
    this.bytes(first);
    this.#at += written;
    return true;
  }

  sizedInt4(value: number): true {
    this.int32(4);
    this.int32(value);
    return true;
  }

  sizedInt8(value: bigint): true {
    this.int32(8);
    this.#at = this.#chunk.writeBigInt64BE(value, this.#at);
    return true;
  }

  sizedFloat8(value: number): true {
    this.int32(8);
    this.#at = this.#chunk.writeDoubleBE(value, this.#at);
    return true;
  }
}

/** Memory of its own, not a piece of the pool: it can be moved to another thread. */
function memory(bytes: number): Buffer<ArrayBuffer> {
  return Buffer.allocUnsafeSlow(bytes);
}
