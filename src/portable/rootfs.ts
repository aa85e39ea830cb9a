// The root file systems that are here without a download: `busybox`, the userland of assembly/ with what a program
// expects of a Unix root. Made once a machine as a template; a container's root is a tmpfs that begins as a copy of it.

import type { Kernel } from '../kernel/kernel.ts';
import { type TmpInode, TmpSuper } from '../kernel/fs/tmpfs.ts';
import { toBytes } from '../kernel/bytes.ts';
import { S } from '../kernel/uapi/fcntl.ts';
import { directories, files, sbin } from '../skeleton.ts';

/** The built userland. */
export interface Userland {
  readonly busybox: Uint8Array;
  readonly applets: readonly string[];
}

export function busyboxTemplate(kernel: Kernel, userland: Userland): TmpSuper {
  const type = kernel.vfs.types.get('tmpfs')!;
  const options = { sizeBytes: 2 ** 40, inodesMax: 1e6, mode: 0o755, uid: 0, gid: 0, shown: '' };
  const sb = new TmpSuper(kernel, type, options, 0);
  const at = new Map<string, TmpInode>([['', sb.root.inode as TmpInode]]);
  const parent = (path: string): [TmpInode, string] => {
    const slash = path.lastIndexOf('/');
    return [at.get(slash < 0 ? '' : path.slice(0, slash))!, path.slice(slash + 1)];
  };
  for (const [path, mode = 0o755] of directories) {
    const [dir, name] = parent(path);
    at.set(path, dir.add(name, S.IFDIR | mode, 0, 0));
  }
  for (const [path, text] of Object.entries(files)) {
    const [dir, name] = parent(path);
    dir.add(name, S.IFREG | 0o644, 0, 0).fill(toBytes(text));
  }
  const bin = at.get('bin')!;
  const busybox = bin.add('busybox', S.IFREG | 0o755, 0, 0);
  busybox.fill(userland.busybox);
  for (const name of userland.applets) {
    if (name !== 'busybox') (sbin.has(name) ? at.get('sbin')! : bin).link(undefined, name, busybox);
  }
  return sb;
}
