// Signals by name or number, as kill(1) and docker take them.

import { SpecError } from '../errno.ts';
import { SIG } from '../kernel/uapi/signal.ts';

export function signalNumber(signal: string | number): number {
  if (typeof signal === 'number' || /^\d+$/.test(signal)) {
    const n = Number(signal);
    if (Number.isInteger(n) && n >= 0 && n <= 64) return n;
  } else {
    const bare = signal.toUpperCase().replace(/^SIG/, '');
    const real = /^RTMIN(?:\+(\d+))?$/.exec(bare);
    if (real !== null) return 34 + Number(real[1] ?? 0);
    if (bare in SIG) return SIG[bare as keyof typeof SIG];
  }
  throw new SpecError('signal', `unknown signal ${signal}`);
}

export function signalName(n: number): string {
  const name = Object.keys(SIG).find((key) => SIG[key as keyof typeof SIG] === n);
  return name === undefined ? (n >= 34 ? `SIGRTMIN+${n - 34}` : `SIG${n}`) : `SIG${name}`;
}
