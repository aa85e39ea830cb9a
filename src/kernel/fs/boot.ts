// The file systems of a fresh machine: the types that mount(2) knows, and the initial mount namespace with its root.

import type { Kernel } from '../kernel.ts';
import { MountNamespace } from '../ns/mnt.ts';
import { makedev, S } from '../uapi/fcntl.ts';
import { MS } from '../uapi/mount.ts';
import { devpts, openPtmx, PTMX } from './devpts.ts';
import { hostfs } from './hostfs.ts';
import { registerMem } from './mem.ts';
import { Mount } from './mount.ts';
import { Path } from './path.ts';
import { attachTree } from './propagate.ts';
import { procfs, ProcSuper } from './proc/super.ts';
import type { SuperBlock } from './super.ts';
import { sysfs } from './sysfs.ts';
import { makeTmpfs, tmpfs, type TmpInode } from './tmpfs.ts';

/** Directories of the initial root: what task 1 needs to make containers. */
const directories = ['dev', 'proc', 'sys', 'tmp', 'run', 'mnt'];

const devices: readonly (readonly [name: string, major: number, minor: number, mode: number])[] = [
  ['null', 1, 3, 0o666], ['zero', 1, 5, 0o666], ['full', 1, 7, 0o666], ['random', 1, 8, 0o666],
  ['urandom', 1, 9, 0o666], ['tty', 5, 0, 0o666], ['console', 5, 1, 0o600], ['ptmx', 5, 2, 0o666],
];

export function bootFs(kernel: Kernel): { ns: MountNamespace; root: Path } {
  for (const type of [sysfs, tmpfs, procfs, devpts, hostfs]) kernel.vfs.types.set(type.name, type);
  registerMem(kernel);
  kernel.vfs.chrdevs.set(PTMX, openPtmx);
  const { user, pid } = kernel.initial;
  const ns = new MountNamespace(kernel, user, true);

  const rootSb = makeTmpfs(kernel, 'mode=755');
  const top = rootSb.root.inode as TmpInode;
  for (const name of directories) top.add(name, S.IFDIR | (name === 'tmp' ? 0o1777 : 0o755), 0, 0);
  const root = new Mount(rootSb, rootSb.root, 'rootfs', MS.RELATIME);
  ns.root = root;
  ns.add(root);

  const dev = makeTmpfs(kernel, 'mode=755');
  const devRoot = dev.root.inode as TmpInode;
  for (const [name, major, minor, mode] of devices) devRoot.add(name, S.IFCHR | mode, 0, 0, makedev(major, minor));
  devRoot.add('pts', S.IFDIR | 0o755, 0, 0);
  devRoot.add('shm', S.IFDIR | 0o1777, 0, 0);

  mountAt(root, 'dev', dev, 'devtmpfs', MS.NOSUID | MS.RELATIME);
  mountAt(root, 'proc', new ProcSuper(kernel, pid, 0, user), 'proc', MS.NOSUID | MS.NODEV | MS.NOEXEC | MS.RELATIME);
  return { ns, root: new Path(root, root.root) };
}

function mountAt(root: Mount, name: string, sb: SuperBlock, source: string, flags: number): void {
  attachTree(new Mount(sb, sb.root, source, flags), root, root.root.lookup(root.sb.kernel.init, name)!);
}
