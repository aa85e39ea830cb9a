// The house's rules that a compiler does not check: which folder may import which, one home for each outside package,
// names, sizes, and tests that really run.

import {existsSync, readFileSync, readdirSync} from 'node:fs';
import {basename, join, relative, sep} from 'node:path';
import {fileURLToPath} from 'node:url';
import {test} from 'uvu';
import * as assert from 'uvu/assert';

const root = fileURLToPath(new URL('../', import.meta.url));
const linesMax = 400;

/** Files that may be longer than 400 lines, each with its reason. */
const long: Readonly<Record<string, string>> = {
  'assembly/bin/sh/parser.ts': 'the whole grammar of the shell, one function a rule',
  'assembly/sys/linux.ts': 'generated from the system-call table',
  'assembly/sys/fs.ts': 'one short wrapper per call about files',
  'assembly/bin/awk/parser.ts': 'one grammar, a function per rule',
  'assembly/bin/awk/run.ts': 'one walk over one tree',
  'assembly/bin/box.ts': 'one applet a file: a launcher with all its verbs',
  'assembly/bin/find.ts': 'one applet a file: expression, walk and tests',
  'assembly/bin/sed.ts': 'one applet a file: script, addresses and cycle',
  'assembly/lib/date.ts': 'calendar, zones, printing and reading, which share their tables',
  'assembly/lib/regex.ts': 'parser and matcher share one instruction set',
  'test/kernel/fs.test.ts': 'tables of cases, a line or two each',
  'test/kernel/fs-mount.test.ts': 'one case a row of the catalogue',
};

/** Outside packages and the only files that may import them. */
const homes: Readonly<Record<string, RegExp>> = {
  'ffi-rs': /^src\/native\/call\.ts$/,
  memfs: /^src\/kernel\/fs\/memfs\.ts$/,
  '@jsonjoy.com/': /^src\/kernel\/fs\/memfs\.ts$/,
  '@wasmer/wasi': /^src\/portable\/abi\//,
  commander: /^src\/cli\//,
};

interface Import {
  readonly file: string;
  readonly target: string;
  /** `import type`: nothing of it is left when the program runs. */
  readonly erased: boolean;
}

const source = walk('src').concat(walk('assembly'), walk('scripts'), walk('test'), walk('bench'));
const imports = walk('src').flatMap(importsOf);

function walk(dir: string): string[] {
  if (!existsSync(join(root, dir))) return [];
  return readdirSync(join(root, dir), {withFileTypes: true}).flatMap(entry => {
    const path = `${dir}/${entry.name}`;
    if (entry.isDirectory()) return path === 'test/engines' || entry.name === 'node_modules' ? [] : walk(path);
    return /\.(ts|mjs)$/.test(entry.name) ? [path] : [];
  });
}

function text(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

function importsOf(file: string): Import[] {
  const found: Import[] = [];
  const pattern = /(?:^|\n)\s*(import|export)\s+(type\s)?[^'";]*?from\s+'([^']+)'|\bimport\(\s*'([^']+)'\s*\)|(?:^|\n)import\s+'([^']+)'/g;
  for (const match of text(file).matchAll(pattern)) {
    const name = match[3] ?? match[4] ?? match[5]!;
    found.push({file, target: resolve(file, name), erased: match[2] !== undefined});
  }
  return found;
}

/** A relative import as a path from the root; a package by its name. */
function resolve(file: string, name: string): string {
  if (!name.startsWith('.')) return name;
  return relative(root, fileURLToPath(new URL(name, new URL(file, `file://${root}`)))).split(sep).join('/');
}

function strays(from: RegExp, bad: (one: Import) => boolean): string[] {
  return imports.filter(one => from.test(one.file) && bad(one)).map(one => `${one.file} -> ${one.target}`);
}

test('the kernel imports nothing from above it: no Node, no other folder', () => {
  const allowed = (one: Import): boolean =>
    one.target.startsWith('src/kernel/') || Object.entries(homes).some(([name, home]) => one.target.startsWith(name) && home.test(one.file));
  assert.equal(strays(/^src\/kernel\//, one => !allowed(one)), []);
});

test('the kernel knows neither WebAssembly nor the globals of a host', () => {
  const pattern = /\b(WebAssembly|Atomics|SharedArrayBuffer|setTimeout|setInterval|setImmediate|Date\.now|Math\.random|performance|Buffer)\b/;
  const found = walk('src/kernel').filter(file => pattern.test(code(text(file))) && !homes.memfs!.test(file));
  assert.equal(found, []);
});

/** Without comments and strings. */
function code(all: string): string {
  return all.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g, '');
}

test('inside the kernel, proc, ns and fs do not look up at the system calls', () => {
  const bad = (one: Import): boolean => one.target.startsWith('src/kernel/syscall/') && !one.erased;
  assert.equal(strays(/^src\/kernel\/(proc|ns|fs|ipc|cgroup|tty|signal|net|cred)\//, bad), []);
});

test('portable and native do not know each other', () => {
  assert.equal(strays(/^src\/portable\//, one => one.target.startsWith('src/native/')), []);
  assert.equal(strays(/^src\/native\//, one => one.target.startsWith('src/portable/')), []);
});

test('what both modes share knows neither, and of the kernel only its numbers and words', () => {
  assert.equal(strays(/^src\/backend\//, one => /^src\/(portable|native)\//.test(one.target)), []);
  const inside = (one: Import): boolean => /^src\/kernel\/(?!uapi\/)/.test(one.target);
  assert.equal(strays(/^src\/(backend|native)\//, inside), []);
});

test('neither mode knows the interface above it: the wire and plain data only', () => {
  const above = /^src\/(index|runtime|open)\.ts$|^src\/(cli|client)\//;
  assert.equal(strays(/^src\/(backend|portable|native)\//, one => above.test(one.target)), []);
});

test('only open.ts chooses a mode', () => {
  const mode = (one: Import): boolean => /^src\/(portable|native)\//.test(one.target) && !one.erased;
  const outside = /^src\/(?!portable\/|native\/|open\.ts|browser\.ts)/;
  assert.equal(strays(outside, mode), []);
});

test('an outside package has one home', () => {
  for (const [name, home] of Object.entries(homes)) {
    const users = imports.filter(one => one.target === name || one.target.startsWith(name.endsWith('/') ? name : `${name}/`));
    assert.equal(users.filter(one => !home.test(one.file)).map(one => `${one.file} -> ${one.target}`), []);
  }
});

test('a file is one idea: at most 400 lines, or an entry with its reason', () => {
  const tooLong = source.filter(file => text(file).split('\n').length > linesMax + 1);
  assert.equal(tooLong.filter(file => !(file in long)), []);
  assert.equal(Object.keys(long).filter(file => !tooLong.includes(file)), [], 'an entry that is no longer needed');
});

test('a file opens by saying what it is', () => {
  const silent = source.filter(file => !/^(#!.*\n)?(\/\/|\/\*\*?) ?\S/.test(text(file)));
  assert.equal(silent, []);
});

test('a file is named after what it holds', () => {
  const vague = /^(utils?|common|types?|helpers?|manager|misc)\b/;
  const shape = /^[a-z][a-z0-9]*([-.][a-z0-9]+)*\.(ts|mjs)$/;
  const odd = source.filter(file => !shape.test(basename(file).replace(/^\[/, 'test')) || vague.test(basename(file)));
  assert.equal(odd, []);
});

test('nothing is left for later in a comment', () => {
  const words = new RegExp(`\\b(${['TO', 'FIX'].map((word, i) => word + ['DO', 'ME'][i]).join('|')})\\b`);
  // A result of TAP may be marked with the word; who reads TAP has to know it.
  const readers = ['test/suite/pjdfstest.test.ts'];
  assert.equal(source.filter(file => words.test(text(file)) && !readers.includes(file)), []);
});

test('every test file runs its tests, and all of them', () => {
  const tests = walk('test').filter(file => file.endsWith('.test.ts'));
  assert.equal(tests.filter(file => !text(file).includes('.run(')), []);
  assert.equal(tests.filter(file => /\btest\.only\(/.test(code(text(file)))), []);
});

test.run();
