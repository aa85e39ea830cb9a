// An unprivileged user for tests, who exists only as a number: no account is made and nothing in /etc is changed. Where
// ranges of ids are needed, newuidmap(1) must find a name and its ranges: then the program runs in a mount namespace of
// its own, in which /etc has an overlay with those few lines.

import {spawnSync} from 'node:child_process';
import {chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {Programs, type As} from './program.ts';

export const uid = 61_234;
export const range = {first: 3_000_000, count: 65_536};
const name = 'twinbox-test';

/** Why there can be no other user, or undefined. */
export function noUser(): {reason: string; remedy: string} | undefined {
  if (process.getuid?.() !== 0) return {reason: 'becoming another user takes root', remedy: 'run it as root'};
  return undefined;
}

/** Programs of a user with one id alone. */
export function userPrograms(): Programs {
  return new Programs({uid, env: {TWINBOX_TEST: ''}});
}

/** Why ranges cannot be tried here, or undefined. */
export function noRanges(): {reason: string; remedy: string} | undefined {
  const lack = noUser();
  if (lack) return lack;
  const has = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`], {stdio: 'ignore'}).status === 0;
  if (!has('newuidmap') || !has('newgidmap')) return {reason: 'newuidmap is not installed', remedy: 'apt-get install uidmap'};
  if (!has('setpriv') || !has('unshare')) return {reason: 'no setpriv or unshare', remedy: 'apt-get install util-linux'};
  const etc = new Etc();
  try {
    const done = spawnSync(etc.command[0]!, [...etc.command.slice(1), 'id', '-un'], {encoding: 'utf8'});
    return done.stdout.trim() === name ? undefined : {reason: `no overlay on /etc here: ${done.stderr.trim()}`, remedy: 'run it where overlay mounts work'};
  } finally {
    etc.remove();
  }
}

/** Programs of a user with a range of ids. */
export function rangePrograms(): {programs: Programs; close(): void} {
  const etc = new Etc();
  const as: As = {uid, before: etc.command};
  const programs = new Programs(as);
  return {
    programs,
    close() {
      programs.close();
      etc.remove();
    },
  };
}

/** An upper layer for /etc, and the command that runs its arguments as the user who is named in it. */
class Etc {
  readonly #dir = mkdtempSync(join(tmpdir(), 'twinbox-etc-'));
  readonly command: readonly string[];

  constructor() {
    chmodSync(this.#dir, 0o755);
    const [upper, work] = ['upper', 'work'].map(part => join(this.#dir, part)) as [string, string];
    mkdirSync(upper);
    mkdirSync(work);
    const add = (file: string, line: string): void => {
      const from = join('/etc', file);
      if (existsSync(from)) copyFileSync(from, join(upper, file));
      const text = existsSync(from) ? readFileSync(from, 'utf8') : '';
      writeFileSync(join(upper, file), `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${line}\n`, {mode: 0o644});
    };
    add('passwd', `${name}:x:${uid}:${uid}::/nonexistent:/bin/sh`);
    add('group', `${name}:x:${uid}:`);
    add('subuid', `${name}:${range.first}:${range.count}`);
    add('subgid', `${name}:${range.first}:${range.count}`);
    const mount = `mount -t overlay -o lowerdir=/etc,upperdir=${upper},workdir=${work} overlay /etc`;
    this.command = [
      'unshare', '-m', '--propagation', 'private', 'sh', '-c',
      `${mount} && exec setpriv --reuid ${uid} --regid ${uid} --clear-groups "$@"`, 'sh',
    ];
  }

  remove(): void {
    rmSync(this.#dir, {recursive: true, force: true});
  }
}
