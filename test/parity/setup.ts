// The machines that rows of the catalogue run on, as OCI specs, and how one row is run through the library, on either
// mode. What the two differ in is the userland: the emulated kernel has its own, the real one gets a directory with a
// static busybox and the probes.

import {spawn} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {createRuntime, type BackendFacts, type Container, type Runtime, type Spec} from '../../src/index.ts';
import {CAP, dockerCaps, type CapName} from '../../src/kernel/uapi/capability.ts';
import {compilerRemedy, noCompiler} from '../native/compile.ts';
import {type Answer, normalise, passes, type Row} from './row.ts';
import {group, passwd, Roots, userland} from './userland.ts';

export const rowLimitMs = 25_000;

export type Mode = 'portable' | 'native';

/** What a setup's name stands for. */
interface Setup {
  /** PID 1 is a minimal reaper and the script its child, in place of the script's shell itself. */
  readonly init?: true;
  /** A user namespace, 0 -> 100000 with 65536 ids. */
  readonly user?: true;
  readonly caps?: 'docker' | 'none';
  /** /sys/fs/cgroup is the container's own group: of v2, or of a v1 controller one level below. */
  readonly cgroup?: string;
}

const setups: Readonly<Record<string, Setup>> = {
  box: {},
  host: {init: true},
  user: {user: true},
  hostuser: {user: true, init: true},
  docker: {caps: 'docker'},
  nocaps: {caps: 'none'},
  v2: {cgroup: 'v2'},
  v2host: {cgroup: 'v2', init: true},
  v1pids: {cgroup: 'pids'},
  v1memory: {cgroup: 'memory'},
  v1cpu: {cgroup: 'cpu'},
  v1cpuset: {cgroup: 'cpuset'},
  v1freezer: {cgroup: 'freezer'},
  v1devices: {cgroup: 'devices'},
};

const mappedRoot = 100_000;
const mapped = [{containerID: 0, hostID: mappedRoot, size: 65_536}];

/** What asks for a controller and limits nothing: a container has only the hierarchies that it needs. */
const unlimited: Readonly<Record<string, () => NonNullable<Spec['linux']>['resources']>> = {
  pids: () => ({pids: {limit: -1}}),
  memory: () => ({memory: {limit: -1}}),
  cpu: () => ({cpu: {quota: -1}}),
  cpuset: () => ({cpu: {cpus: readFileSync('/sys/fs/cgroup/cpuset/cpuset.cpus', 'utf8').trim()}}),
};

/** A mode, ready to run rows. */
export interface World {
  readonly mode: Mode;
  /** Why a row cannot run here, or undefined. */
  missing(row: Row): string | undefined;
  /** The machine of a row, standing before its script. */
  create(row: Row): Promise<Container>;
  close(): Promise<void>;
}

export interface NoWorld {
  readonly reason: string;
  readonly remedy: string;
}

export async function openWorld(mode: Mode): Promise<World | NoWorld> {
  if (mode === 'portable') return new Portable(await createRuntime({mode, thread: false}));
  const lack = nativeLack();
  if (lack !== undefined) return lack;
  try {
    const runtime = await createRuntime({mode});
    return new Native(runtime, await runtime.features());
  } catch (error) {
    const {message, hint} = error as Error & {hint?: string};
    return {reason: message, remedy: hint ?? 'see twinbox info'};
  }
}

function nativeLack(): NoWorld | undefined {
  if (process.platform !== 'linux') return {reason: 'native mode is for Linux', remedy: 'run it on Linux'};
  if (process.getuid?.() !== 0) return {reason: 'the rows were recorded as root', remedy: 'run it as root'};
  const compiler = noCompiler();
  if (compiler !== undefined) return {reason: compiler, remedy: compilerRemedy};
  const parts = userland();
  return 'reason' in parts ? parts : undefined;
}

class Portable implements World {
  readonly mode = 'portable';
  readonly #runtime: Runtime;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  missing(row: Row): string | undefined {
    const setup = setups[row.setup];
    if (setup === undefined || setup.user || setup.caps || setup.cgroup) return `setup ${row.setup}`;
    return lacking(row, need => need === 'box');
  }

  async create(row: Row): Promise<Container> {
    const setup = setups[row.setup]!;
    const spec = machine(setup, 'builtin:busybox', '/sbin/init', Object.keys(CAP) as CapName[]);
    const container = await this.#runtime.create({spec, image: 'busybox', stdin: 'ignore'});
    await container.fs.writeFile('/s', row.script);
    await container.fs.writeFile('/etc/passwd', passwd);
    await container.fs.writeFile('/etc/group', group);
    return container;
  }

  async close(): Promise<void> {
    await this.#runtime.close();
  }
}

class Native implements World {
  readonly mode = 'native';
  readonly #runtime: Runtime;
  readonly #facts: BackendFacts;
  readonly #roots: Roots;
  readonly #caps: readonly CapName[] = boundingSet();

  constructor(runtime: Runtime, facts: BackendFacts) {
    this.#runtime = runtime;
    this.#facts = facts;
    this.#roots = new Roots();
  }

  missing(row: Row): string | undefined {
    const setup = setups[row.setup];
    if (setup === undefined) return `setup ${row.setup}`;
    const {cgroup} = setup;
    if (cgroup !== undefined && !(this.#hierarchy(cgroup) && (cgroup === 'v2' || cgroup in unlimited))) return `setup ${row.setup}`;
    return lacking(row, need => this.#has(need));
  }

  #has(need: string): boolean {
    const [kind, controller] = need.split(':');
    if (kind === 'sc' || kind === 'box') return true;
    if (kind === 'userns') return this.#facts.namespaces.includes('user');
    if (kind === 'overlayfs') return this.#facts.filesystems.includes('overlay');
    if (kind === 'cgroup2') return this.#hierarchy('v2');
    if (kind === 'cgroup2-controllers') return this.#facts.cgroup === 'v2';
    return kind === 'cgroup1' && this.#hierarchy(controller!);
  }

  #hierarchy(name: string): boolean {
    return (this.#facts.hierarchies ?? []).some(({version, controllers}) =>
      name === 'v2' ? version === 2 : version === 1 && controllers.includes(name));
  }

  async create(row: Row): Promise<Container> {
    const setup = setups[row.setup]!;
    const root = this.#roots.make(row.script, setup.user ? mappedRoot : 0);
    const spec = machine(setup, root, '/bin/init', this.#caps);
    const network = setup.user ? undefined : await emptyNetwork();
    try {
      const namespaces = spec.linux!.namespaces!.map(one => one.type === 'network' && network ? {...one, path: network.path} : one);
      const linux = {...spec.linux, namespaces, resources: this.#resources(setup.cgroup)};
      return await this.#runtime.create({spec: {...spec, linux}, image: 'rows', stdin: 'ignore'});
    } finally {
      network?.close();
    }
  }

  #resources(cgroup: string | undefined): NonNullable<NonNullable<Spec['linux']>['resources']> {
    if (cgroup === undefined || (cgroup === 'v2' && this.#facts.cgroup !== 'v2')) return {};
    if (cgroup === 'v2') return {...unlimited.pids!(), ...unlimited.memory!(), ...unlimited.cpu!()};
    return unlimited[cgroup]!() ?? {};
  }

  async close(): Promise<void> {
    await this.#runtime.close();
    this.#roots.close();
  }
}

/** A fresh network namespace, with its loopback interface down as the kernel makes it: a container's own is brought up. */
async function emptyNetwork(): Promise<{readonly path: string; close(): void}> {
  const child = spawn('unshare', ['-n', 'cat'], {stdio: ['pipe', 'pipe', 'ignore']});
  await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.stdout.once('data', resolve);
    child.stdin.write('ready');
  });
  return {path: `/proc/${child.pid}/ns/net`, close: () => child.stdin.end()};
}

/** A machine may have lost a capability before us, and then none of its containers has it. */
function boundingSet(): CapName[] {
  const mask = BigInt(`0x${/^CapBnd:\s*(\w+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'}`);
  return (Object.keys(CAP) as CapName[]).filter(name => (mask >> BigInt(CAP[name])) & 1n);
}

function lacking(row: Row, has: (need: string) => boolean): string | undefined {
  const lacks = (row.needs ?? []).filter(need => !has(need));
  return lacks.length === 0 ? undefined : `needs ${lacks.join(', ')}`;
}

function machine(setup: Setup, root: string, init: string, all: readonly CapName[]): Spec {
  const hostname = setup.init ? 'host' : 'box';
  const kept = setup.caps === undefined ? all : setup.caps === 'docker' ? dockerCaps : [];
  const caps = kept.map(name => `CAP_${name}`);
  return {
    ociVersion: '1.3.0',
    hostname,
    root: {path: root},
    process: {
      args: setup.init ? [init, '--', 'sh', '/s'] : ['sh', '/s'],
      cwd: '/',
      env: ['PATH=/bin:/sbin:/usr/bin', 'HOME=/root', 'TERM=dumb', `HOSTNAME=${hostname}`],
      user: {uid: 0, gid: 0},
      capabilities: {bounding: caps, effective: caps, permitted: caps, inheritable: [], ambient: []},
      noNewPrivileges: false,
    },
    mounts: [
      {destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755', 'size=1m']},
      {
        destination: '/dev/pts', type: 'devpts', source: 'devpts',
        options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=620'],
      },
      {destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'nodev', 'noexec']},
      ...cgroupMount(setup.cgroup),
    ],
    linux: {
      namespaces: (['pid', 'mount', 'uts', 'ipc', 'network', 'cgroup', ...(setup.user ? ['user' as const] : [])] as const).map(type => ({type})),
      ...(setup.user ? {uidMappings: mapped, gidMappings: mapped} : {}),
    },
  };
}

function cgroupMount(name: string | undefined): NonNullable<Spec['mounts']> {
  const options = ['nosuid', 'nodev', 'noexec'];
  if (name === undefined) return [];
  // A mount of type `cgroup` is, on Linux, a directory with one mount for each hierarchy that the container has.
  return [{destination: '/sys/fs/cgroup', type: name === 'v2' ? 'cgroup2' : 'cgroup', source: 'cgroup', options}];
}

export interface Outcome extends Answer {
  readonly stderr: string;
}

const triesMax = 4;
/** Rows that sleep for 0.1 s and then look race with a machine that has other things to do. */
const racing = /\bsleep 0?\./;

/** Runs the row's script, when it races until it passes, and gives its normalised answer. */
export async function runRow(world: World, row: Row): Promise<Outcome> {
  let got = await once(world, row);
  for (let i = 1; i < triesMax && racing.test(row.script) && !passes(row, got); i++) got = await once(world, row);
  return got;
}

async function once(world: World, row: Row): Promise<Outcome> {
  const container = await world.create(row);
  try {
    return await answer(container, row);
  } finally {
    await container.remove({force: true});
  }
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
