// The other ways to start a program apart from the rest of the machine, as Debian packages them, each a child process
// of this one: what a Node program would use without twinbox.

import {spawn, spawnSync} from 'node:child_process';

/** Milliseconds from the call. */
export interface Sample {
  /** To the first byte of output. */
  readonly first?: number;
  /** To the end that the caller is told of. */
  readonly exit: number;
}

export interface Way {
  readonly name: string;
  /** Only every so many rounds, since it takes that long. */
  readonly every: number;
  readonly sample: () => Promise<Sample>;
}

/** A program with its arguments; `@id` becomes a name that was never used. */
export interface Command {
  readonly name: string;
  readonly argv: readonly string[];
  readonly every?: number;
}

let used = 0;
// Certificates that Node would read at its start are no part of any candidate, nor are options for Node itself.
const {NODE_EXTRA_CA_CERTS: _, NODE_OPTIONS: __, ...environment} = process.env;

export function viaSpawn({name, argv, every = 1}: Command): Way {
  return {name, every, sample: () => once(argv.map(arg => (arg === '@id' ? `bench-${process.pid}-${++used}` : arg)))};
}

function once([program, ...args]: readonly string[]): Promise<Sample> {
  return new Promise((done, fail) => {
    let first = 0;
    let exit = 0;
    const begin = performance.now();
    const child = spawn(program!, args, {env: environment, stdio: ['ignore', 'pipe', 'pipe']});
    const errors: Buffer[] = [];
    child.stdout.on('data', () => (first ||= performance.now() - begin));
    child.stderr.on('data', (bytes: Buffer) => errors.push(bytes));
    child.on('error', fail);
    child.on('exit', () => (exit = performance.now() - begin));
    child.on('close', status => {
      if (status === 0 && first > 0) done({first, exit});
      else fail(new Error(`${program} ${args.join(' ')}: status ${status}\n${Buffer.concat(errors)}`));
    });
  });
}

export interface PeerSetting {
  readonly root: string;
  readonly args: readonly string[];
  readonly hostname: string;
  /** The bundle's directory, for the two that read one. */
  readonly bundle: string;
  /** The same without the seccomp filter. */
  readonly bare: string;
  /** A directory for what they keep; podman wants its name short. */
  readonly store: string;
}

/** Every peer's command line for one payload. */
export function peers({root, args, hostname, bundle, bare, store}: PeerSetting): readonly Command[] {
  const kinds = ['--pid', '--mount', '--uts', '--ipc', '--net', '--cgroup'];
  const apart = ['--unshare-pid', '--unshare-uts', '--unshare-ipc', '--unshare-net', '--unshare-cgroup'];
  return [
    {name: 'unshare', argv: ['unshare', ...kinds, '--fork', '--kill-child', '--mount-proc', '--root', root, ...args]},
    {
      name: 'bwrap',
      argv: [
        'bwrap', ...apart, '--hostname', hostname, '--die-with-parent', '--bind', root, '/',
        '--proc', '/proc', '--dev', '/dev', ...args,
      ],
    },
    {name: 'crun', argv: ['crun', '--root', `${store}/crun`, 'run', '--bundle', bundle, '@id'], every: 2},
    {name: 'crun, no filter', argv: ['crun', '--root', `${store}/crun`, 'run', '--bundle', bare, '@id'], every: 2},
    {name: 'runc', argv: ['runc', '--root', `${store}/runc`, 'run', '--bundle', bundle, '@id'], every: 4},
    {
      name: 'podman',
      every: 10,
      argv: [
        'podman', '--root', `${store}/podman`, '--runroot', `${store}/run`, '--cgroup-manager', 'cgroupfs',
        '--events-backend', 'none', 'run', '--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=4096:4096', '--rm',
        '--network', 'none', '--memory', '64m', '--pids-limit', '32', '--cpus', '1', '--rootfs', root, ...args,
      ],
    },
  ];
}

export interface Found {
  readonly ways: readonly Way[];
  /** The reason of each that is missing. */
  readonly missing: Readonly<Record<string, string>>;
}

/** Those of them that are installed and run here: each is tried once. */
export async function usable(commands: readonly Command[]): Promise<Found> {
  const ways: Way[] = [];
  const missing: Record<string, string> = {};
  for (const command of commands) {
    if (spawnSync(command.argv[0]!, ['--version'], {stdio: 'ignore', env: environment}).error) {
      missing[command.name] = 'not installed';
      continue;
    }
    const way = viaSpawn(command);
    try {
      await way.sample();
      ways.push(way);
    } catch (err) {
      missing[command.name] = String((err as Error).message).split('\n').slice(1).join(' ') || String(err);
    }
  }
  return {ways, missing};
}
