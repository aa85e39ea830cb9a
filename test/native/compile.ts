// Programs in C that tests run in containers: compiled static, once for each state of their source, into build/probe.

import {spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {mkdirSync, readFileSync, renameSync, rmSync, existsSync} from 'node:fs';
import {basename, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const dir = fileURLToPath(new URL('../../build/probe', import.meta.url));
const compilers = ['cc', 'gcc', 'clang', 'clang-19'];
let compiler: string | undefined | null = null;

export const compilerRemedy = 'apt-get install gcc libc6-dev';

/** Why C cannot be compiled here, or undefined. */
export function noCompiler(): string | undefined {
  if (compiler === null) compiler = compilers.find(name => spawnSync(name, ['--version'], {stdio: 'ignore'}).status === 0);
  return compiler === undefined ? 'no C compiler here' : undefined;
}

/** The static program of one C file: its path. */
export function compile(source: string | URL, flags: readonly string[] = []): string {
  const path = source instanceof URL ? fileURLToPath(source) : source;
  const lack = noCompiler();
  if (lack !== undefined) throw new Error(lack);
  const hash = createHash('sha256').update(readFileSync(path)).update(flags.join('\0')).digest('hex').slice(0, 16);
  const program = join(dir, `${basename(path, '.c')}-${hash}`);
  if (existsSync(program)) return program;
  mkdirSync(dir, {recursive: true});
  // Files of tests run side by side: each compiles aside, and the last to finish wins with the same bytes.
  const aside = `${program}.${process.pid}`;
  const done = spawnSync(compiler!, ['-O1', '-static', '-s', ...flags, '-o', aside, path, '-lpthread'], {encoding: 'utf8'});
  if (done.status !== 0) {
    rmSync(aside, {force: true});
    throw new Error(`${basename(path)} does not compile: ${done.stderr}`);
  }
  renameSync(aside, program);
  return program;
}
