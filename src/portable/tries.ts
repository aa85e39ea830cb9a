// The try imports of the glue, alike on every CPU.

/** t0 .. t12: the words of a call into the registers, and then the trap. */
export function tries(regs: () => Int32Array, trap: (nr: number) => number): Record<string, WebAssembly.ImportValue> {
  const many = (nr: number, ...words: number[]) => {
    regs().set(words);
    return trap(nr);
  };
  const all: Record<string, WebAssembly.ImportValue> = {
    t0: trap,
    t1(nr: number, a: number) {
      regs()[0] = a;
      return trap(nr);
    },
    t2(nr: number, a: number, b: number) {
      const r = regs();
      r[0] = a;
      r[1] = b;
      return trap(nr);
    },
    t3(nr: number, a: number, b: number, c: number) {
      const r = regs();
      r[0] = a;
      r[1] = b;
      r[2] = c;
      return trap(nr);
    },
    t4(nr: number, a: number, b: number, c: number, d: number) {
      const r = regs();
      r[0] = a;
      r[1] = b;
      r[2] = c;
      r[3] = d;
      return trap(nr);
    },
  };
  for (let n = 5; n <= 12; n++) all[`t${n}`] = many;
  return all;
}
