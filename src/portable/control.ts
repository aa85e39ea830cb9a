// What the kernel's thread and a guest's thread share: a page of words. A request is written there and announced by a
// message; then the guest's thread sleeps on STATE until the kernel has answered (Atomics.wait), be it microseconds or
// hours later. While it sleeps the kernel may ask it something (its table and globals live there) and waits for that.

/** Words of the page. */
export const STATE = 0;
export const OP = 1;
export const NR = 2;
export const RESULT = 3;
export const HI = 4;
/** Bits that a running guest looks at when its fuel is spent. */
export const FLAGS = 5;
export const ASK = 6;
export const ASKED = 7;
/** Arguments of a question: three words. */
export const ASK_ARGS = 9;
/** Words of a call. */
export const REGS = 16;
export const REGS_COUNT = 16;
/** A siginfo_t: 128 bytes. */
export const SIGINFO = 32;
export const CONTROL_WORDS = 64;

/** Values of STATE. */
export const RUNNING = 0;
export const REQUEST = 1;
export const QUESTION = 2;

/** Values of OP. */
export const OP_TRAP = 0;
export const OP_CHECK = 1;
export const OP_SIG = 2;
export const OP_SIGRETURN = 3;
export const OP_RESUME = 4;
export const OP_GROW = 5;
export const OP_UNKNOWN = 6;

/** Values of ASK. */
export const ASK_HANDLER = 1;
export const ASK_CLONE = 2;

/** Bits of FLAGS. */
export const FLAG_ATTEND = 1;
export const FLAG_DIE = 2;

/** What a thread is given to run. */
export interface Job {
  readonly module: WebAssembly.Module;
  readonly glue: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly tables: readonly {min: number; max: number | undefined}[];
  /** Exports to call, in this order; the last one's result is the status. */
  readonly entries: readonly string[];
  readonly checked: boolean;
  readonly stackPointer: boolean;
  /** Where clone(2) has the values of globals cross. */
  readonly values: SharedArrayBuffer | undefined;
  /** clone(2): which function to enter in place of the entries. */
  readonly clone: {fn: number; arg: number; stack: number; handlers: readonly Handler[]} | undefined;
}

export interface Handler {
  readonly signal: number;
  readonly fn: number;
  readonly siginfo: boolean;
}

/** The end of a job: a status, or the signal of a trap (0: the kernel wanted it). */
export type End = {readonly status: number} | {readonly signal: number; readonly message: string};
