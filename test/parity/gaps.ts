// Rows whose answer is known to differ, each with its reason. A gap that has closed fails the run until its line is gone.

import type {Mode} from './setup.ts';

export const gaps: Readonly<Record<Mode, Readonly<Record<string, string>>>> = {
  portable: {},
  native: {},
};
