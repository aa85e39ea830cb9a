// The names of all applets, as `busybox --list` prints them; the shell finds and completes commands by them.

export const names: StaticArray<string> = [
  '[', '[[', 'arch', 'ash', 'awk', 'basename', 'box', 'cat', 'chgrp', 'chmod', 'chown', 'chroot', 'cmp', 'cp', 'cut',
  'date', 'dd', 'dirname', 'docker-init', 'echo', 'egrep', 'env', 'false', 'fgrep', 'grep', 'groups', 'head',
  'hostname', 'id', 'init', 'kill', 'killall', 'ln', 'ls', 'lsns', 'mkdir', 'mount', 'mv', 'nproc', 'nsenter', 'paste',
  'pgrep', 'pidof', 'pivot_root', 'pkill', 'printenv', 'printf', 'ps', 'pwd', 'readlink', 'realpath', 'rm', 'rmdir',
  'sed', 'seq', 'sh', 'sleep', 'sort', 'stat', 'tail', 'tee', 'test', 'touch', 'tr', 'true', 'umount', 'uname',
  'uniq', 'unlink', 'unshare', 'usleep', 'wc', 'which', 'whoami', 'yes',
];
