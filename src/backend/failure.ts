// A failed step in the interface's words, the same in both modes: what could not be done, with what, Linux's reason,
// and what to do about it.

import { TwinboxError } from '../errno.ts';
import { errnoName, type ErrnoName, type SysError } from '../kernel/uapi/errno.ts';
import { strerror } from '../kernel/uapi/strerror.ts';
import type { KernelName, Step } from '../kernel/uapi/step.ts';
import { printStep } from '../plan/print.ts';

export interface Failure {
  readonly step: Step;
  readonly code: ErrnoName;
  readonly kernel: KernelName;
  /** What the kernel at hand says of it beyond the code. */
  readonly said?: string;
  readonly syscall?: string;
}

export function explain(failure: Failure): TwinboxError {
  const { step, code, syscall } = failure;
  const hint = hintOf(failure);
  return new TwinboxError({
    code, message: describe(step, code, failure.said ?? ''), step: printStep(step),
    ...(syscall === undefined ? {} : { syscall }), ...(hint === undefined ? {} : { hint }),
  });
}

function describe(step: Step, code: ErrnoName, said: string): string {
  const why = words(code);
  switch (step.op) {
    // Said in a whole sentence already, or in docker's here.
    case 'exec': return said || execWords(step.args.args[0] ?? '', code);
    case 'credentials':
      if (said === '' && code === 'EINVAL' && step.args.user.username !== undefined) {
        return noUser(step.args.user.username);
      }
      return said.startsWith('unable') ? said : `credentials: ${said || why}`;
    case 'fsmount': case 'open_tree': {
      const path = step.op === 'fsmount' ? step.args.source : step.args.path;
      if (code !== 'ENOENT') return `mount ${path}: ${why}`;
      return step.slot === '$root' ? `no such directory: ${path}` : `bind source path does not exist: ${path}`;
    }
    case 'program': return `${step.args.source}: ${why}`;
    default: {
      const subject = said || subjectOf(step);
      return `${step.op}${subject === '' ? '' : ` ${subject}`}: ${why}`;
    }
  }
}

const words = (code: ErrnoName): string => strerror[code].toLowerCase();

/** docker's words for why a program does not run. */
function execWords(name: string, code: ErrnoName): string {
  const lost = code === 'ENOENT' && !name.includes('/');
  const why = lost ? 'executable file not found in $PATH' : code === 'ESRCH' ? 'killed before it ran' : words(code);
  return `exec: "${name}": ${why}`;
}

/** The helper has no words of its own: a name that is not in the container's files, or none at all. */
function noUser(username: string): string {
  const [first = '', ...more] = username.split('\n');
  const [user = '', group] = first.split(':');
  const odd = (name: string): boolean => !/^\d+$/.test(name);
  const groups = [...(group === undefined ? [] : [group]), ...more].filter(odd);
  const userToo = odd(user) || groups.length === 0;
  const who = [...(userToo ? [`user ${user}`] : []), ...groups.map((name) => `group ${name}`)].join(' or ');
  const where = userToo && groups.length > 0 ? 'passwd or group' : userToo ? 'passwd' : 'group';
  return `unable to find ${who}: no matching entries in ${where} file`;
}

/** What a step was about, where the kernel did not say. */
function subjectOf({ args }: Step): string {
  for (const key of ['target', 'path', 'file', 'dir', 'name', 'type'] as const) {
    const value = (args as Readonly<Record<string, unknown>>)[key];
    if (typeof value === 'string' && value !== '') return value;
  }
  return '';
}

const elf = 'portable mode runs WebAssembly (WASI preview1); programs of Linux need native mode';
const privileges = 'this needs root, or a user namespace of its own: `twinbox info` says what this machine allows';

/** By kernel, operation and code. */
const hints: Readonly<Record<string, string>> = {
  'portable:exec:ENOEXEC': elf,
  'linux:exec:ENOEXEC': 'the file is no program for this CPU; a script needs #! and its interpreter inside',
  'linux:clone:EPERM':
    'user namespaces may be switched off here: see sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone '
    + 'and kernel.apparmor_restrict_unprivileged_userns',
  'linux:clone:ENOSPC': 'a limit on namespaces is reached: see sysctl user.max_*_namespaces',
  'linux:clone:EAGAIN': 'a limit on processes is reached: see ulimit -u and pids.max of the cgroup',
  'linux:clone:EINVAL': 'this kernel does not know one of these namespaces; twinbox needs Linux 5.10 or later',
  'linux:maps:EPERM': 'the ids are not yours to map: see /etc/subuid and /etc/subgid, and newuidmap(1)',
  'linux:maps:ENOENT': 'newuidmap(1) and newgidmap(1) are missing: install the package uidmap',
  'linux:mount:EPERM':
    'the kernel or a security module forbids this mount here; '
    + 'a /proc that is partly masked outside cannot be mounted anew inside',
  'linux:mount:EACCES': privileges,
  'linux:fsmount:EPERM': privileges,
  'linux:open_tree:EPERM': privileges,
  'linux:move_mount:EPERM': privileges,
  'linux:credentials:EPERM': 'another user needs CAP_SETUID and CAP_SETGID, which twinbox itself does not have here',
  'linux:credentials:EINVAL': 'no such user or group in the container, or an id that its user namespace does not map',
  'linux:mkdirs:ENOTDIR': 'a directory cannot be mounted on a file of the image, nor a file on a directory',
  'linux:mount:EINVAL': 'the file system does not know one of these options, or does not take its value',
  'linux:write:ENOENT': 'this kernel has no such parameter',
  'linux:write:EACCES': 'the kernel does not take this value from here; a lower oom_score_adj needs CAP_SYS_RESOURCE',
  'linux:cgroup:EACCES': 'the cgroup is not yours: try systemd-run --user --scope -p Delegate=yes',
  'linux:cgroup:EPERM': 'the cgroup is not yours: try systemd-run --user --scope -p Delegate=yes',
  'linux:cgroup:EROFS': 'the cgroup file system is mounted read-only here',
  'linux:cgroup:EEXIST': 'a container with this cgroup path exists already',
  'linux:delegate:EBUSY':
    'the cgroup has processes of its own, so that its children get no controllers (cgroups(7), no internal processes)',
  'linux:delegate:EACCES': 'the cgroup is not yours: try systemd-run --user --scope -p Delegate=yes',
  'linux:limit:ERANGE': 'CPUs or memory nodes that are not there',
  'linux:limit:EBUSY': 'the container uses more than that already',
  'linux:limit:EINVAL': 'the kernel does not take this value',
  'linux:device_program:EPERM': 'a device filter on cgroup v2 needs CAP_BPF or CAP_SYS_ADMIN',
  'linux:sethostname:EPERM': privileges,
  'linux:mknod:EPERM': 'a device node needs root outside a user namespace',
  'linux:prlimit:EPERM': 'a hard limit is above the caller\'s own, and CAP_SYS_RESOURCE is missing',
  'linux:seccomp:EINVAL': 'this kernel was built without seccomp filters, or the filter is too long',
  'linux:pivot_root:EINVAL': 'the root of this machine is an initramfs (rootfs) that cannot be pivoted away from',
};

const files = "twinbox's own limit on open files is reached: raise it with ulimit -n";

function hintOf({ step, code, kernel }: Failure): string | undefined {
  const hint = hints[`${kernel}:${step.op}:${code}`];
  return hint ?? (kernel === 'linux' && (code === 'EMFILE' || code === 'ENFILE') ? files : undefined);
}

/** An error that is not a step's. */
export const sysError = (error: SysError): TwinboxError =>
  new TwinboxError({
    code: errnoName(error.errno) ?? 'EIO', message: error.message, ...(error.syscall ? { syscall: error.syscall } : {}),
  });
