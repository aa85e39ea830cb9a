// The generator of docs/syscalls.md: every system call of the emulated kernel, as its table has it. A test compares the
// file with what is committed.
//
//   node --import tsx scripts/syscalls.ts

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { table, type Row } from '../src/kernel/syscall/table.ts';

const prose = `# System calls of the emulated kernel

Printed from the table in src/kernel/syscall/ by \`node --import tsx scripts/syscalls.ts\`; do not edit. How the
arguments cross the boundary is told in [abi.md](abi.md). A call marked *none* answers ENOSYS and shows in
\`--strace\`; a call that is not listed does not link to anything else: a program that imports it gets ENOSYS too.
`;

/** Path of the file, from the project's root. */
export const file = 'docs/syscalls.md';

export function document(): string {
  const sorted = [...table].sort((a, b) => (a.name < b.name ? -1 : 1));
  const count = (support: Row['support']): number => sorted.filter((row) => row.support === support).length;
  return [
    prose,
    `${table.length} calls: ${count('full')} full, ${count('partial')} partial, ${count('none')} none.`, '',
    '| call | support | restarts | note |', '|---|---|---|---|', ...sorted.map(line), '',
  ].join('\n');
}

function line(row: Row): string {
  const args = row.args.map((arg) => arg.name).join(', ');
  const own = row.module === 'twinbox' ? ' (module `twinbox`)' : '';
  return `| \`${row.name}(${args})\`${own} | ${row.support} | ${row.restart ? 'SA_RESTART' : 'never'} | ${row.note ?? ''} |`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(join(import.meta.dirname, '..', file), document());
}
