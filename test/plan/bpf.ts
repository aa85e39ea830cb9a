// Interpreters of the two kinds of BPF: a seccomp filter as the kernel runs it over struct seccomp_data, and a device
// program over struct bpf_cgroup_dev_ctx. Both check what the kernel's verifiers would: known instructions, jumps ahead
// that stay inside, an answer at the end.

export const audit = {x64: 0xc000003e, i386: 0x40000003, arm64: 0xc00000b7} as const;
export type Arch = keyof typeof audit;

export interface Call {
  readonly arch: Arch;
  readonly nr: number;
  readonly args?: readonly (number | bigint)[];
}

export interface Run {
  readonly answer: number;
  readonly steps: number;
  /** It looked at nothing but architecture and number: the kernel then remembers an ALLOW for good. */
  readonly constant: boolean;
}

export function runFilter(filter: Uint8Array, {arch, nr, args = []}: Call): Run {
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, nr, true);
  data.setUint32(4, audit[arch], true);
  args.forEach((arg, i) => data.setBigUint64(16 + 8 * i, BigInt(arg), true));
  const code = new DataView(filter.buffer, filter.byteOffset, filter.byteLength);
  let a = 0;
  let constant = true;
  for (let pc = 0, steps = 1; ; pc++, steps++) {
    const op = code.getUint16(8 * pc, true);
    const k = code.getUint32(8 * pc + 4, true);
    const jump = (yes: boolean): void => void (pc += code.getUint8(8 * pc + (yes ? 2 : 3)));
    if (op === 0x20) {
      if (k % 4 !== 0) throw new Error(`load of ${k}`);
      constant &&= k < 8;
      a = data.getUint32(k, true);
    } else if (op === 0x54) a = (a & k) >>> 0;
    else if (op === 0x05) pc += k;
    else if (op === 0x15) jump(a === k);
    else if (op === 0x25) jump(a > k);
    else if (op === 0x35) jump(a >= k);
    else if (op === 0x06) return {answer: k, steps, constant};
    else throw new Error(`unknown instruction ${op.toString(16)}`);
  }
}

export interface DeviceAccess {
  readonly type: 'b' | 'c';
  readonly major: number;
  readonly minor: number;
  /** Letters of r, w, m. */
  readonly access: string;
}

export function runDevice(program: Uint8Array, {type, major, minor, access}: DeviceAccess): boolean {
  const bits = [...access].reduce((sum, letter) => sum | {m: 1, r: 2, w: 4}[letter]!, 0);
  const context = [((bits << 16) | {b: 1, c: 2}[type]) >>> 0, major, minor];
  const code = new DataView(program.buffer, program.byteOffset, program.byteLength);
  const r: number[] = [];
  for (let pc = 0; ; pc++) {
    const op = code.getUint8(8 * pc);
    const registers = code.getUint8(8 * pc + 1);
    const [dst, src] = [registers & 15, registers >> 4];
    const offset = code.getInt16(8 * pc + 2, true);
    const imm = code.getInt32(8 * pc + 4, true);
    if (offset < 0) throw new Error('jump back');
    if (op === 0x61) r[dst] = context[offset / 4]!;
    else if (op === 0xbf) r[dst] = r[src]!;
    else if (op === 0xb7) r[dst] = imm;
    else if (op === 0x54) r[dst] = (r[dst]! & imm) >>> 0;
    else if (op === 0x74) r[dst] = r[dst]! >>> imm;
    else if (op === 0x05) pc += offset;
    else if (op === 0x15) pc += r[dst] === imm ? offset : 0;
    else if (op === 0x55) pc += r[dst] !== imm ? offset : 0;
    else if (op === 0x45) pc += (r[dst]! & imm) !== 0 ? offset : 0;
    else if (op === 0x95) return r[0] === 1;
    else throw new Error(`unknown instruction ${op.toString(16)}`);
  }
}

/** The instructions of a device program that nothing leads to: its verifier allows none. */
export function unreachable(program: Uint8Array): number[] {
  const code = new DataView(program.buffer, program.byteOffset, program.byteLength);
  const count = program.length / 8;
  const seen = new Set<number>();
  const visit = (pc: number): void => {
    if (seen.has(pc)) return;
    if (pc >= count) throw new Error('runs off the end');
    seen.add(pc);
    const op = code.getUint8(8 * pc);
    if ((op & 7) === 5 && op !== 0x95) visit(pc + 1 + code.getInt16(8 * pc + 2, true));
    if (op !== 0x95 && op !== 0x05) visit(pc + 1);
  };
  visit(0);
  return Array.from({length: count}, (_, i) => i).filter(i => !seen.has(i));
}
