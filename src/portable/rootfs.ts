// The root file systems that are here without a download: `busybox`, the userland of assembly/ with what a program
// expects of a Unix root. Made once a machine as a template; a container's root is a tmpfs that begins as a copy of it.

import type { Kernel } from '../kernel/kernel.ts';
import { type TmpInode, TmpSuper } from '../kernel/fs/tmpfs.ts';
import { toBytes } from '../kernel/bytes.ts';
import { S } from '../kernel/uapi/fcntl.ts';

/** The built userland. */
export interface Userland {
  readonly busybox: Uint8Array;
  readonly applets: readonly string[];
}

const directories: readonly (readonly [path: string, mode?: number])[] = [
  ['bin'], ['dev'], ['etc'], ['home'], ['mnt'], ['proc'], ['root', 0o700], ['run'], ['sbin'], ['sys'], ['tmp', 0o1777],
  ['usr'], ['usr/bin'], ['usr/local'], ['usr/local/bin'], ['usr/sbin'], ['var'], ['var/tmp', 0o1777], ['var/run'],
];

const files: Readonly<Record<string, string>> = {
  'etc/passwd': `root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
bin:x:2:2:bin:/bin:/bin/false
sys:x:3:3:sys:/dev:/bin/false
sync:x:4:100:sync:/bin:/bin/sync
mail:x:8:8:mail:/var/spool/mail:/bin/false
www-data:x:33:33:www-data:/var/www:/bin/false
operator:x:37:37:Operator:/var:/bin/false
nobody:x:65534:65534:nobody:/home:/bin/false
`,
  'etc/group': `root:x:0:
daemon:x:1:
bin:x:2:
sys:x:3:
adm:x:4:
tty:x:5:
disk:x:6:
wheel:x:10:root
mail:x:8:
www-data:x:33:
operator:x:37:
users:x:100:
nogroup:x:65534:
`,
  'etc/hosts': '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n',
  'etc/resolv.conf': '# no network\n',
  'etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files\n',
};

/** Programs that live in /sbin by custom. */
const sbin = new Set(['docker-init', 'init', 'pivot_root', 'sysctl', 'ip', 'chroot']);

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
