// Questions on the terminal, as rm -i and find -ok ask them.

import * as fs from '../sys/fs';
import * as out from './out';

/** Ask on standard error; does the answer on standard input begin with y or Y. */
export function ask(question: string): bool {
  out.err(question);
  const at = memory.data(1);
  let first = -1;
  for (;;) {
    const got = fs.readInto(0, at, 1);
    if (got <= 0) break;
    const c = load<u8>(at);
    if (first < 0) first = c;
    if (c == 10) break;
  }
  return first == 121 || first == 89;
}
