// The flags of `run` as a table: what commander parses, what help prints, and what becomes of them in the spec.

/** A flag in docker's grammar. Without `value` it is a boolean, and takes one only as `--flag=false`. */
export interface Flag {
  readonly name: string;
  readonly short?: string;
  /** What its value is called in the help. */
  readonly value?: string;
  /** May be given more than once. */
  readonly list?: boolean;
  readonly help: string;
}

export const runFlags: readonly Flag[] = [
  {
    name: 'allow-stray',
    help: 'accept that processes may be left behind (a PID namespace of others, without a cgroup)',
  },
  { name: 'blkio-weight', value: 'N', help: 'weight at block devices, 10 to 1000' },
  { name: 'cap-add', value: 'CAP', list: true, help: 'add a capability (or ALL)' },
  { name: 'cap-drop', value: 'CAP', list: true, help: 'drop a capability (or ALL)' },
  { name: 'cgroup-parent', value: 'PATH', help: 'the cgroup that its own lies in' },
  { name: 'cgroupns', value: 'NS', help: 'cgroup namespace: host, private, pid:NUMBER, ns:PATH' },
  { name: 'cpu-shares', short: 'c', value: 'N', help: 'weight beside others when CPUs are short; 1024 is the default' },
  { name: 'cpus', value: 'N', help: 'limit the CPU time: 0.5 is half of one CPU' },
  { name: 'cpuset-cpus', value: 'LIST', help: 'the CPUs that it may use: 0-2,4' },
  { name: 'cpuset-mems', value: 'LIST', help: 'the memory nodes that it may use' },
  { name: 'device', value: 'HOST[:PATH[:rwm]]', list: true, help: 'add a device of the machine' },
  { name: 'domainname', value: 'NAME', help: 'NIS domain name inside' },
  { name: 'dry-run', help: 'print the plan of the container and do nothing' },
  { name: 'entrypoint', value: 'PROGRAM', help: "run this instead of the image's entrypoint" },
  {
    name: 'env',
    short: 'e',
    value: 'NAME=VALUE',
    list: true,
    help: 'set an environment variable; NAME alone passes yours on',
  },
  { name: 'env-file', value: 'FILE', list: true, help: 'read environment variables from a file' },
  { name: 'group-add', value: 'GROUP', list: true, help: 'one more group, by name or id' },
  { name: 'hostname', short: 'h', value: 'NAME', help: 'host name inside' },
  { name: 'init', help: 'run an init as PID 1 that passes signals on and reaps' },
  { name: 'interactive', short: 'i', help: 'keep standard input open' },
  { name: 'ipc', value: 'NS', help: 'IPC namespace: host, private, pid:NUMBER, ns:PATH' },
  { name: 'label', short: 'l', value: 'NAME=VALUE', list: true, help: 'set metadata' },
  { name: 'memory', short: 'm', value: 'BYTES', help: 'limit the memory: 64m, 1g' },
  { name: 'memory-reservation', value: 'BYTES', help: 'what it keeps when the machine is short of memory' },
  { name: 'memory-swap', value: 'BYTES', help: 'limit memory and swap together; -1 for any amount' },
  { name: 'mode', value: 'MODE', help: 'the kernel: auto, portable (emulated, runs everywhere) or native (Linux)' },
  { name: 'name', value: 'NAME', help: 'name of the container' },
  { name: 'network', value: 'NET', help: 'none (a loopback of its own), host, pid:NUMBER, ns:PATH' },
  { name: 'oom-score-adj', value: 'N', help: 'how soon the OOM killer takes it, -1000 to 1000' },
  { name: 'pid', value: 'NS', help: 'PID namespace: host, private, pid:NUMBER (of a process of the machine), ns:PATH' },
  { name: 'pids-limit', value: 'N', help: 'limit the number of processes; -1 for any' },
  { name: 'privileged', help: 'all capabilities, every device allowed, nothing masked, no seccomp filter' },
  { name: 'read-only', help: 'mount the root file system read-only' },
  { name: 'require-isolation', help: 'never on the emulated kernel, which is no boundary against hostile programs' },
  { name: 'rm', help: 'remove the container when it ends' },
  {
    name: 'security-opt',
    value: 'OPTION',
    list: true,
    help: 'no-new-privileges[=false], seccomp=FILE|unconfined|builtin',
  },
  { name: 'shm-size', value: 'BYTES', help: 'size of /dev/shm' },
  { name: 'stop-signal', value: 'SIGNAL', help: 'what asks it to stop' },
  { name: 'stop-timeout', value: 'SECONDS', help: 'how long it may take to stop' },
  { name: 'strace', help: 'print every system call on standard error (portable mode)' },
  { name: 'sysctl', value: 'NAME=VALUE', list: true, help: 'set a kernel parameter of the container' },
  { name: 'timeout', value: 'SECONDS', help: 'kill it so long after its start' },
  { name: 'tmpfs', value: 'PATH[:OPTIONS]', list: true, help: 'mount a tmpfs' },
  { name: 'tty', short: 't', help: 'give it a terminal' },
  { name: 'ulimit', value: 'NAME=SOFT[:HARD]', list: true, help: 'set a resource limit' },
  { name: 'user', short: 'u', value: 'USER[:GROUP]', help: 'name or id to run as' },
  { name: 'userns', value: 'NS', help: 'user namespace: private (ids of its own), keep-id, host' },
  { name: 'uts', value: 'NS', help: 'UTS namespace: host, private, pid:NUMBER, ns:PATH' },
  { name: 'volume', short: 'v', value: 'HOST:PATH[:ro]', list: true, help: 'mount a host directory or file' },
  { name: 'workdir', short: 'w', value: 'PATH', help: 'directory to start in' },
];

/** A misuse of the command line: a message, and where to read on. */
export class UsageError extends Error {}

/** What was given, by long name: true, a string, or strings of a list. */
export type Given = ReadonlyMap<string, true | string | readonly string[]>;

/**
 * docker writes booleans as `--rm=false`, `--rm=true` and `-i=false`, which commander does not know: turn them into a
 * flag or nothing. Only up to IMAGE: what follows belongs to the command.
 */
export function plainBooleans(argv: readonly string[], flags: readonly Flag[]): string[] {
  const out: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] as string;
    if (word === '--' || word === '-' || !word.startsWith('-')) return [...out, ...argv.slice(i)];
    const [head, value] = splitOnce(word);
    const last = word.startsWith('--') ? flags.find((flag) => `--${flag.name}` === head) : lastOfGroup(head, flags);
    if (last === undefined || last.value !== undefined) {
      out.push(word);
      const takesNext = last !== undefined && (word.startsWith('--') ? value === undefined : endsGroup(head, last));
      if (takesNext && i + 1 < argv.length) out.push(argv[++i] as string);
    } else if (value === undefined) {
      out.push(word);
    } else if (/^(1|t|true)$/i.test(value)) {
      out.push(head);
    } else if (!/^(0|f|false)$/i.test(value)) {
      throw new UsageError(`invalid argument "${value}" for "--${last.name}" flag: not true or false`);
    } else if (!word.startsWith('--') && head.length > 2) {
      out.push(head.slice(0, -1));
    }
  }
  return out;
}

function splitOnce(word: string): [string, string?] {
  const at = word.indexOf('=');
  return at < 0 ? [word] : [word.slice(0, at), word.slice(at + 1)];
}

/** Of `-ith`, the first flag with a value (the rest is that value), else the last boolean. */
function lastOfGroup(group: string, flags: readonly Flag[]): Flag | undefined {
  let last: Flag | undefined;
  for (const letter of group.slice(1)) {
    last = flags.find((flag) => flag.short === letter);
    if (last === undefined || last.value !== undefined) return last;
  }
  return last;
}

const endsGroup = (group: string, flag: Flag): boolean => group.endsWith(flag.short ?? '\0');
