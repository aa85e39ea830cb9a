// The options of a mount as mount(8) writes them: words that are flags, words that change its propagation, and data for
// the file system.

import { SpecError } from '../errno.ts';
import type { Mount } from '../spec.ts';

/** Words that are flags of mount(2): the flag, and whether the word sets or clears it. */
const words: Readonly<Record<string, readonly [flag: string, set: boolean]>> = {
  ro: ['RDONLY', true], rw: ['RDONLY', false], nosuid: ['NOSUID', true], suid: ['NOSUID', false],
  nodev: ['NODEV', true], dev: ['NODEV', false], noexec: ['NOEXEC', true], exec: ['NOEXEC', false],
  noatime: ['NOATIME', true], atime: ['NOATIME', false], nodiratime: ['NODIRATIME', true],
  diratime: ['NODIRATIME', false], relatime: ['RELATIME', true], norelatime: ['RELATIME', false],
  strictatime: ['STRICTATIME', true], nostrictatime: ['STRICTATIME', false],
  nosymfollow: ['NOSYMFOLLOW', true], symfollow: ['NOSYMFOLLOW', false],
  sync: ['SYNCHRONOUS', true], async: ['SYNCHRONOUS', false], dirsync: ['DIRSYNC', true],
  mand: ['MANDLOCK', true], nomand: ['MANDLOCK', false], silent: ['SILENT', true], loud: ['SILENT', false],
};
/** Words for a tree with all that is mounted in it: they only set, since nothing of a host's is ever taken away. */
const deep: Readonly<Record<string, string>> = {
  rro: 'RDONLY', rnosuid: 'NOSUID', rnodev: 'NODEV', rnoexec: 'NOEXEC', rnoatime: 'NOATIME', rnodiratime: 'NODIRATIME',
  rrelatime: 'RELATIME', rstrictatime: 'STRICTATIME', rnosymfollow: 'NOSYMFOLLOW',
};
const propagations: Readonly<Record<string, readonly string[]>> = {
  private: ['PRIVATE'], rprivate: ['REC', 'PRIVATE'], shared: ['SHARED'], rshared: ['REC', 'SHARED'],
  slave: ['SLAVE'], rslave: ['REC', 'SLAVE'], unbindable: ['UNBINDABLE'], runbindable: ['REC', 'UNBINDABLE'],
};
/** What runtimes add to mount(8), and what is not done here. */
const unknown = new Set([
  'idmap', 'ridmap', 'tmpcopyup', 'copy-symlink', 'dest-nofollow', 'src-nofollow', 'rrw', 'rsuid', 'rdev', 'rexec',
  'ratime', 'rdiratime', 'rnorelatime', 'rnostrictatime', 'rsymfollow', 'remount', 'move',
]);

export interface Words {
  readonly flags: readonly string[];
  /** For the whole tree. */
  readonly deep: readonly string[];
  readonly bind: 'bind' | 'rbind' | undefined;
  readonly propagation: readonly (readonly string[])[];
  readonly data: string;
}

const read = new WeakMap<Mount, Words>();

/** `field` is what an error calls the mount. */
export function wordsOf(mount: Mount, field: string): Words {
  let found = read.get(mount);
  if (found !== undefined) return found;
  found = parse(mount, field);
  if (Object.isFrozen(mount)) read.set(mount, found);
  return found;
}

function parse(mount: Mount, field: string): Words {
  const flags = new Set<string>();
  const whole = new Set<string>();
  const data: string[] = [];
  const propagation: (readonly string[])[] = [];
  let bind: Words['bind'] = mount.type === 'bind' ? 'rbind' : undefined;
  for (const word of mount.options ?? []) {
    const flag = words[word];
    const spread = propagations[word];
    const all = deep[word];
    if (flag !== undefined) flag[1] ? flags.add(flag[0]) : flags.delete(flag[0]);
    else if (spread !== undefined) propagation.push(spread);
    else if (all !== undefined) whole.add(all);
    else if (word === 'bind' || word === 'rbind') bind = word;
    else if (unknown.has(word.split('=', 1)[0]!)) throw new SpecError(`${field}.options`, `${word} is not supported`);
    else if (word !== 'defaults') data.push(word);
  }
  if (bind !== undefined && data.length > 0)
    throw new SpecError(`${field}.options`, `${data[0]} is no option of a bind`);
  if (bind === undefined && whole.size > 0) throw new SpecError(`${field}.options`, 'what begins with r is for binds');
  return { flags: [...flags], deep: [...whole], bind, propagation, data: data.join(',') };
}
