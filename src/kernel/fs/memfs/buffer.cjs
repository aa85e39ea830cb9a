// What memfs's core needs of Node's Buffer, for bundles: it also runs where there is none. Node.js's own is not used even
// where it is there, since a byte array that can `copy` is all.
'use strict';

class Bytes extends Uint8Array {
  static get [Symbol.species]() {
    return Uint8Array;
  }

  static allocUnsafe(size) {
    return new Bytes(size);
  }

  copy(target, at = 0, from = 0, to = this.length) {
    target.set(new Uint8Array(this.buffer, this.byteOffset + from, to - from), at);
    return to - from;
  }
}

exports.Buffer = Bytes;
exports.bufferAllocUnsafe = Bytes.allocUnsafe;
exports.bufferFrom = (bytes, at, length) =>
  (bytes instanceof ArrayBuffer ? new Bytes(bytes, at, length) : Bytes.from(bytes));
