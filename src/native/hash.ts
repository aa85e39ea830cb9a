// FNV-1a with 64 bits: of a pool's key and of small files. Short, even, and not meant to withstand anyone.

const prime = 0x100000001b3n;
const offset = 0xcbf29ce484222325n;
const mask = 0xffffffffffffffffn;

export function fnv64(text: string): bigint {
  let hash = offset;
  for (const byte of new TextEncoder().encode(text)) hash = ((hash ^ BigInt(byte)) * prime) & mask;
  return hash;
}
