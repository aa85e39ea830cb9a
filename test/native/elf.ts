// As much of elf(5) as tells what a shared library needs and shows: its dynamic section and its dynamic symbols.

export interface Elf {
  /** DT_NEEDED. */
  readonly needed: readonly string[];
  readonly imports: readonly string[];
  readonly exports: readonly string[];
  /** Symbol versions that it asks others for (DT_VERNEED), such as GLIBC_2.34. */
  readonly versions: readonly string[];
  readonly writableCode: boolean;
}

const PT = { LOAD: 1, DYNAMIC: 2 };
const DT = { NEEDED: 1, STRTAB: 5, SYMTAB: 6, VERNEED: 0x6ffffffe, VERNEEDNUM: 0x6fffffff };
const SHT_DYNSYM = 11;
const STB_LOCAL = 0;

export function elf(bytes: Buffer): Elf {
  const u64 = (at: number): number => Number(bytes.readBigUInt64LE(at));
  const segments = Array.from({ length: bytes.readUInt16LE(56) }, (_, i) => {
    const at = u64(32) + i * bytes.readUInt16LE(54);
    return { type: bytes.readUInt32LE(at), flags: bytes.readUInt32LE(at + 4), offset: u64(at + 8), address: u64(at + 16), size: u64(at + 32) };
  });
  const place = (address: number): number => {
    const found = segments.find((one) => one.type === PT.LOAD && address >= one.address && address < one.address + one.size)!;
    return address - found.address + found.offset;
  };
  const text = (at: number): string => bytes.toString('latin1', at, bytes.indexOf(0, at));

  const dynamic = segments.find((one) => one.type === PT.DYNAMIC);
  const entries: (readonly [tag: number, value: number])[] = [];
  for (let at = dynamic!.offset; at < dynamic!.offset + dynamic!.size && u64(at) !== 0; at += 16) entries.push([u64(at), u64(at + 8)]);
  const value = (tag: number): number | undefined => entries.find(([found]) => found === tag)?.[1];
  const strings = place(value(DT.STRTAB)!);

  const versions: string[] = [];
  let need = value(DT.VERNEED) === undefined ? 0 : place(value(DT.VERNEED)!);
  for (let left = value(DT.VERNEEDNUM) ?? 0; left > 0; left--, need += bytes.readUInt32LE(need + 12)) {
    let one = need + bytes.readUInt32LE(need + 8);
    for (let i = bytes.readUInt16LE(need + 2); i > 0; i--, one += bytes.readUInt32LE(one + 12)) versions.push(text(strings + bytes.readUInt32LE(one + 8)));
  }

  const symbols = dynamicSymbols(bytes).map((at) => ({
    name: text(strings + bytes.readUInt32LE(at)), bound: bytes[at + 4]! >> 4, defined: bytes.readUInt16LE(at + 6) !== 0,
  })).filter((one) => one.name !== '' && one.bound !== STB_LOCAL);
  return {
    needed: entries.filter(([tag]) => tag === DT.NEEDED).map(([, at]) => text(strings + at)),
    imports: symbols.filter((one) => !one.defined).map((one) => one.name),
    exports: symbols.filter((one) => one.defined).map((one) => one.name),
    versions,
    writableCode: segments.some((one) => one.type === PT.LOAD && (one.flags & 3) === 3),
  };
}

/** Where each entry of .dynsym lies. */
function dynamicSymbols(bytes: Buffer): number[] {
  const u64 = (at: number): number => Number(bytes.readBigUInt64LE(at));
  for (let i = 0; i < bytes.readUInt16LE(60); i++) {
    const at = u64(40) + i * bytes.readUInt16LE(58);
    if (bytes.readUInt32LE(at + 4) !== SHT_DYNSYM) continue;
    return Array.from({ length: u64(at + 32) / 24 }, (_, n) => u64(at + 24) + n * 24);
  }
  return [];
}
