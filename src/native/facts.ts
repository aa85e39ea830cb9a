// What this Linux can do, for the compiler and for features(): read from /proc and /sys once, by synchronous calls.

import type { BackendFacts } from '../wire.ts';

/** Gathered once per process and base directory. */
export declare function nativeFacts(base: string): BackendFacts;
