// The names of all applets, as `busybox --list` prints them; the shell finds and completes commands by them.

export const names: StaticArray<string> = [
  '[', '[[', 'arch', 'ash', 'awk', 'basename', 'box', 'cat', 'chgrp', 'chmod', 'chown', 'chroot', 'clear', 'cmp',
  'cp', 'cut', 'date', 'dd', 'df', 'dirname', 'docker-init', 'echo', 'egrep', 'env', 'expr', 'false', 'fgrep', 'find',
  'free', 'grep', 'groups', 'head', 'hostname', 'id', 'init', 'kill', 'killall', 'ln', 'ls', 'lsns', 'mkdir',
  'mkfifo', 'mknod', 'mktemp', 'mount', 'mv', 'nice', 'nl', 'nohup', 'nproc', 'nsenter', 'paste', 'pgrep', 'pidof',
  'pivot_root', 'pkill', 'printenv', 'printf', 'ps', 'pwd', 'readlink', 'realpath', 'rev', 'rm', 'rmdir', 'sed',
  'seq', 'setsid', 'sh', 'sleep', 'sort', 'stat', 'stty', 'sysctl', 'tac', 'tail', 'tee', 'test', 'time', 'timeout',
  'touch', 'tr', 'true', 'tty', 'umount', 'uname', 'uniq', 'unlink', 'unshare', 'uptime', 'usleep', 'wc', 'which',
  'whoami', 'xargs', 'yes',
];
