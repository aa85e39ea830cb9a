// The machines that rows of the catalogue run on, as OCI specs, and how one row is run through the library.

import type {Container, Runtime, Spec} from '../../src/index.ts';
import {CAP} from '../../src/kernel/uapi/capability.ts';
import {type Answer, normalise, type Row} from './row.ts';

export const rowLimitMs = 25_000;

/** Why a row cannot run here, or undefined. */
export function missing(row: Row): string | undefined {
  if (!(row.setup in setups)) return `setup ${row.setup}`;
  const needs = (row.needs ?? []).filter(one => one !== 'box');
  return needs.length > 0 ? `needs ${needs.join(', ')}` : undefined;
}

/** `box`: the script's shell is PID 1. `host`: PID 1 is a minimal reaper and the script its child. */
const setups: Readonly<Record<string, Spec>> = {
  box: machine('box', ['sh', '/s']),
  host: machine('host', ['/sbin/init', '--', 'sh', '/s']),
};

function machine(hostname: string, args: readonly string[]): Spec {
  const all = Object.keys(CAP).map(name => `CAP_${name}`);
  return {
    ociVersion: '1.3.0',
    hostname,
    root: {path: 'builtin:busybox'},
    process: {
      args,
      cwd: '/',
      env: ['PATH=/bin:/sbin:/usr/bin', 'HOME=/root', 'TERM=dumb', `HOSTNAME=${hostname}`],
      user: {uid: 0, gid: 0},
      capabilities: {bounding: all, effective: all, permitted: all, inheritable: [], ambient: []},
      noNewPrivileges: false,
    },
    mounts: [
      {destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755', 'size=1m']},
      {
        destination: '/dev/pts', type: 'devpts', source: 'devpts',
        options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=620'],
      },
      {destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'nodev', 'noexec']},
    ],
    linux: {namespaces: (['pid', 'mount', 'uts', 'ipc', 'network', 'cgroup'] as const).map(type => ({type}))},
  };
}

const passwd = [
  'root:x:0:0:root:/root:/bin/sh', 'nobody:x:65534:65534:nobody:/:/bin/false', 'user:x:1000:1000:user:/home:/bin/sh',
];
const group = ['root:x:0:', 'nogroup:x:65534:', 'user:x:1000:'];

export interface Outcome extends Answer {
  readonly stderr: string;
}

/** Runs the row's script and gives its normalised answer. */
export async function runRow(runtime: Runtime, row: Row): Promise<Outcome> {
  const container = await runtime.create({spec: setups[row.setup]!, image: 'busybox', stdin: 'ignore'});
  try {
    await furnish(container, row.script);
    return await answer(container, row);
  } finally {
    await container.remove({force: true});
  }
}

async function furnish({fs}: Container, script: string): Promise<void> {
  await fs.writeFile('/s', script);
  await fs.writeFile('/etc/passwd', `${passwd.join('\n')}\n`);
  await fs.writeFile('/etc/group', `${group.join('\n')}\n`);
}

async function answer(container: Container, row: Row): Promise<Outcome> {
  const process = container.process;
  const output = Promise.all([process.stdout.text(), process.stderr.text()]);
  let late = false;
  await container.start();
  const timer = setTimeout(() => {
    late = true;
    void container.kill('SIGKILL');
  }, rowLimitMs);
  try {
    const {exitCode} = await container.wait();
    const [stdout, stderr] = await output;
    return {stdout: normalise(stdout, row.normalise), exit: late ? 'timeout' : exitCode, stderr};
  } finally {
    clearTimeout(timer);
  }
}
