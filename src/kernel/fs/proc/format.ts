// Figures as procfs writes them.

import { PAGE_SIZE, USER_HZ } from '../../limits.ts';

export const kib = (bytes: number): number => Math.ceil(bytes / 1024);
export const pages = (bytes: number): number => Math.ceil(bytes / PAGE_SIZE);
/** Nanoseconds in clock ticks. */
export const ticks = (ns: number): number => Math.floor((ns * USER_HZ) / 1e9);
