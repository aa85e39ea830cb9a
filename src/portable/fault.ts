// From the engine's errors to signals: what a trap of a guest is on Linux.

import {SIG} from '../kernel/uapi/signal.ts';

/** The signal of an error that ended a guest's code; 0 if it was no guest that failed. */
export function faultSignal(error: unknown): number {
  if (error instanceof WebAssembly.RuntimeError) {
    // The words of V8, then SpiderMonkey and JavaScriptCore.
    if (/unreachable/i.test(error.message)) return SIG.ILL;
    if (/divi|remainder|unrepresentable|integer overflow|out of range|truncat/i.test(error.message)) return SIG.FPE;
    return SIG.SEGV;
  }
  // The stack is full: RangeError in V8 and JavaScriptCore, InternalError in SpiderMonkey.
  if (error instanceof RangeError || (error as Error | undefined)?.name === 'InternalError') return SIG.SEGV;
  // An exception of its own that nobody caught.
  const {Exception} = WebAssembly as unknown as {Exception?: new () => object};
  if (Exception !== undefined && error instanceof Exception) return SIG.ABRT;
  return 0;
}
