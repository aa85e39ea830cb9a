// /proc/PID/{mounts,mountinfo,mountstats} (proc_pid_mountinfo(5)): the mounts of the process's namespace that can be
// reached from its root.

import type { Task } from '../../proc/task.ts';
import { major, minor } from '../../uapi/fcntl.ts';
import { MS } from '../../uapi/mount.ts';
import type { Dentry } from '../dentry.ts';
import type { Mount } from '../mount.ts';
import { nameUpTo, Path } from '../path.ts';
import type { SuperBlock } from '../super.ts';
import { type Context, type FileNode, file, targetOf } from './node.ts';

/** A mount and where the process sees it. */
type Line = (mount: Mount, at: string, task: Task) => string;

function list(line: Line, mode = 0o444): FileNode {
  return file((_reader, at) => {
    const task = targetOf(at);
    if (!task.alive) return '';
    let text = '';
    for (const mount of task.nsproxy.mnt.mounts) {
      const { text: name, reached } = nameUpTo(new Path(mount, mount.root), task.fs.root);
      if (reached) text += line(mount, escape(name), task);
    }
    return text;
  }, mode, { changed });
}

const changed = (at: Context) => {
  const { mnt } = targetOf(at).nsproxy;
  return { queue: mnt.changed, event: mnt.event };
};

export const mounts = list((mount, at) =>
  `${escape(mount.source)} ${at} ${mount.sb.type.name} ${mount.readonly ? 'ro' : 'rw'}${superFlags(mount.sb)}` +
  `${mountFlags(mount)}${mount.sb.options()} 0 0\n`);

export const mountinfo = list((mount, at) => {
  const { sb, parent } = mount;
  return `${mount.id} ${parent?.id ?? mount.id} ${major(sb.dev)}:${minor(sb.dev)} ${escape(rootOf(mount))} ${at} ` +
    `${(mount.flags & MS.RDONLY) !== 0 ? 'ro' : 'rw'}${mountFlags(mount)}${propagation(mount)} - ${sb.type.name} ` +
    `${escape(mount.source)} ${sb.readonly ? 'ro' : 'rw'}${superFlags(sb)}${sb.options()}\n`;
});

export const mountstats = list((mount, at) => `device ${escape(mount.source)} mounted on ${at} with fstype ${mount.sb.type.name}\n`, 0o400);

const mountWords: readonly (readonly [number, string])[] = [
  [MS.NOSUID, 'nosuid'], [MS.NODEV, 'nodev'], [MS.NOEXEC, 'noexec'], [MS.NOATIME, 'noatime'],
  [MS.NODIRATIME, 'nodiratime'], [MS.RELATIME, 'relatime'], [MS.NOSYMFOLLOW, 'nosymfollow'],
];
const superWords: readonly (readonly [number, string])[] = [
  [MS.SYNCHRONOUS, 'sync'], [MS.DIRSYNC, 'dirsync'], [MS.MANDLOCK, 'mand'], [MS.LAZYTIME, 'lazytime'],
];
const spell = (flags: number, words: typeof mountWords): string =>
  words.map(([flag, word]) => ((flags & flag) === 0 ? '' : `,${word}`)).join('');
const mountFlags = (mount: Mount): string => spell(mount.flags, mountWords);
const superFlags = (sb: SuperBlock): string => spell(sb.flags, superWords);

/** Optional fields: shared:N, master:N, unbindable. */
function propagation(mount: Mount): string {
  return (mount.group === undefined ? '' : ` shared:${mount.group.id}`) +
    (mount.master === undefined ? '' : ` master:${mount.master.id}`) + (mount.unbindable ? ' unbindable' : '');
}

/** Which directory or file of the superblock the mount shows. */
function rootOf(mount: Mount): string {
  let name = '';
  let dentry: Dentry = mount.root;
  if (dentry.parent === dentry && dentry !== mount.sb.root) return dentry.name;
  const gone = dentry.unhashed ? '//deleted' : '';
  for (; dentry.parent !== dentry; dentry = dentry.parent) name = `/${dentry.name}${name}`;
  return (name || '/') + gone;
}

/** Blanks and the like in octal, as getmntent(3) reads them. */
function escape(name: string): string {
  return name.replace(/[ \t\n\\#]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`);
}
