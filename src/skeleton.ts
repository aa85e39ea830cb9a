// What a program expects of a Unix root: the directories and files of the images that come with twinbox, on either kernel.

export const directories: readonly (readonly [path: string, mode?: number])[] = [
  ['bin'], ['dev'], ['etc'], ['home'], ['mnt'], ['proc'], ['root', 0o700], ['run'], ['sbin'], ['sys'], ['tmp', 0o1777],
  ['usr'], ['usr/bin'], ['usr/local'], ['usr/local/bin'], ['usr/sbin'], ['var'], ['var/tmp', 0o1777], ['var/run'],
];

export const files: Readonly<Record<string, string>> = {
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

/** Programs of busybox that live in /sbin by custom. */
export const sbin: ReadonlySet<string> = new Set(['docker-init', 'init', 'pivot_root', 'sysctl', 'ip', 'chroot']);

/** Of a container with a name. */
export const hostsOf = (hostname: string): string => `${files['etc/hosts']}127.0.1.1\t${hostname}\n`;
