// Byte strings. Names, paths, arguments and environment are strings with one char code 0-255 per byte, so that Map keys
// work and no byte is lost; UTF-8 is decoded only at the edges (terminal, host file names, error messages).

export function fromBytes(bytes: Uint8Array): string {
  let s = '';
  for (let i = 0; i < bytes.length; i += 8192) s += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return s;
}

export function toBytes(s: string): Uint8Array {
  const bytes = new Uint8Array(s.length);
  for (let i = 0; i < s.length; i++) bytes[i] = s.charCodeAt(i);
  return bytes;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A byte string from JavaScript text: its UTF-8. */
export function utf8(text: string): string {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return fromBytes(encoder.encode(text));
  return text;
}
/** JavaScript text from a byte string, for people. */
export const text = (bytes: string): string => decoder.decode(toBytes(bytes));
