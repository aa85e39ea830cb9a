// The names of all applets, as `busybox --list` prints them; the shell finds and completes commands by them.

export const names: StaticArray<string> = [
  '[', '[[', 'arch', 'ash', 'awk', 'base64', 'basename', 'box', 'cat', 'chgrp', 'chmod', 'chown', 'chroot', 'clear',
  'cmp', 'comm', 'cp', 'cut', 'date', 'dd', 'df', 'diff', 'dirname', 'docker-init', 'du', 'echo', 'egrep', 'env',
  'expand', 'expr', 'factor', 'false', 'fgrep', 'find', 'fold', 'free', 'grep', 'groups', 'head', 'hexdump',
  'hostname', 'id', 'init', 'ip', 'kill', 'killall', 'less', 'ln', 'ls', 'lsns', 'md5sum', 'mkdir', 'mkfifo',
  'mknod', 'mktemp', 'mount', 'mv', 'nice', 'nl', 'nohup', 'nproc', 'nsenter', 'od', 'paste', 'pgrep', 'pidof', 'pivot_root',
  'pkill', 'printenv', 'printf', 'ps', 'pstree', 'pwd', 'readlink', 'realpath', 'rev', 'rm', 'rmdir', 'sed', 'seq',
  'setsid', 'sh', 'sha1sum', 'sha256sum', 'sleep', 'sort', 'stat', 'strings', 'stty', 'sysctl', 'tac', 'tail', 'tee',
  'test', 'time', 'timeout', 'top', 'touch', 'tr', 'true', 'tty', 'umount', 'uname', 'unexpand', 'uniq', 'unlink',
  'unshare', 'uptime', 'usleep', 'watch', 'wc', 'which', 'whoami', 'xargs', 'yes',
];
