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
  { name: 'cap-add', value: 'CAP', list: true, help: 'add a capability (or ALL)' },
  { name: 'cap-drop', value: 'CAP', list: true, help: 'drop a capability (or ALL)' },
  { name: 'cgroupns', value: 'NS', help: "host: the machine's cgroup namespace" },
  { name: 'cpus', value: 'N', help: 'limit the CPU time' },
  { name: 'dry-run', help: 'print the plan of the container and do nothing' },
  { name: 'entrypoint', value: 'PROGRAM', help: "run this instead of the image's entrypoint" },
  { name: 'env', short: 'e', value: 'NAME=VALUE', list: true, help: 'set an environment variable; NAME alone passes yours on' },
  { name: 'env-file', value: 'FILE', list: true, help: 'read environment variables from a file' },
  { name: 'hostname', short: 'h', value: 'NAME', help: 'host name inside' },
  { name: 'init', help: 'run an init as PID 1 that passes signals on and reaps' },
  { name: 'interactive', short: 'i', help: 'keep standard input open' },
  { name: 'ipc', value: 'NS', help: "host: the machine's IPC namespace" },
  { name: 'label', short: 'l', value: 'NAME=VALUE', list: true, help: 'set metadata' },
  { name: 'memory', short: 'm', value: 'BYTES', help: 'limit the memory' },
  { name: 'mode', value: 'MODE', help: 'the kernel: auto, portable (emulated, runs everywhere) or native (Linux)' },
  { name: 'name', value: 'NAME', help: 'name of the container' },
  { name: 'network', value: 'NET', help: 'none: a loopback of its own' },
  { name: 'pid', value: 'NS', help: "host: the machine's PID namespace" },
  { name: 'pids-limit', value: 'N', help: 'limit the number of processes' },
  { name: 'privileged', help: 'all capabilities, nothing masked' },
  { name: 'read-only', help: 'mount the root file system read-only' },
  { name: 'rm', help: 'remove the container when it ends' },
  { name: 'security-opt', value: 'OPTION', list: true, help: 'no-new-privileges[=false], seccomp=unconfined' },
  { name: 'strace', help: 'print every system call on standard error' },
  { name: 'sysctl', value: 'NAME=VALUE', list: true, help: 'set a kernel parameter of the container' },
  { name: 'tmpfs', value: 'PATH[:OPTIONS]', list: true, help: 'mount a tmpfs' },
  { name: 'tty', short: 't', help: 'give it a terminal' },
  { name: 'ulimit', value: 'NAME=SOFT[:HARD]', list: true, help: 'set a resource limit' },
  { name: 'user', short: 'u', value: 'USER[:GROUP]', help: 'name or id to run as' },
  { name: 'uts', value: 'NS', help: "host: the machine's UTS namespace" },
  { name: 'volume', short: 'v', value: 'HOST:PATH[:ro]', list: true, help: 'mount a host directory' },
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
