// The root of a container: a host directory, or one that comes with twinbox. Of those the emulated kernel keeps a
// template that a tmpfs begins as a copy of; on Linux the child builds the same in an empty tmpfs, around the programs
// that are bound from the host.

import { SpecError, TwinboxError } from '../errno.ts';
import { busyboxRoot, hostRoot } from '../image.ts';
import { directories, files, hostsOf, sbin } from '../skeleton.ts';
import type { Facts, HostImage, Images, PlanOptions, Slot, Step } from '../plan.ts';
import type { Spec } from '../spec.ts';
import type { Spaces } from './namespace.ts';
import { fromRoot } from './path.ts';
import { attach, hostTree, newTree, remount } from './source.ts';

export interface RootSteps {
  /** What fills `$root` and what it is made of, before the child's own steps. */
  readonly sources: readonly Step[];
  /**
   * What makes it a root, after the pivot and before anything is mounted on it, so that no file of a volume is written
   * to.
   */
  readonly build: readonly Step[];
}

export function rootSteps(spec: Spec, spaces: Spaces, facts: Facts, options: PlanOptions): RootSteps {
  const { path } = spec.root;
  if (!path.startsWith('builtin:')) {
    return { sources: [hostTree(fromRoot(path, facts, options), '$root', [], true, facts)], build: [] };
  }
  if (facts.kernel === 'portable') return fromTemplate(path, spec);
  const images = facts.images ?? {};
  if (path === busyboxRoot) return busybox(spec, spaces, facts, images);
  if (path === hostRoot && images.host !== undefined) return host(spec, spaces, facts, images);
  throw new SpecError('root.path', `no such root: ${path}`);
}

function fromTemplate(path: string, spec: Spec): RootSteps {
  if (path !== busyboxRoot) throw new SpecError('root.path', `no such root in portable mode: ${path}`);
  const name = path.slice('builtin:'.length);
  const source: Step = {
    by: 'runtime', op: 'fsmount', slot: '$root', args: { type: 'tmpfs', source: name, flags: [], template: name },
    undo: { op: 'close', args: { fd: '$root' } },
  };
  const { hostname } = spec;
  return {
    sources: [source],
    build: hostname === undefined ? [] : [file('hostname', `${hostname}\n`), file('hosts', hostsOf(hostname))],
  };
}

const emptyRoot = (spaces: Spaces): Step => newTree('tmpfs', '$root', 'mode=755', spaces.ownIds);
const readOnly = ['RDONLY', 'NOSUID', 'NODEV'];
const file = (name: string, text: string): Step => ({ by: 'child', op: 'write', args: { path: `/etc/${name}`, text } });
const directory = (path: string, mode = 0o755): Step => ({ by: 'child', op: 'mkdirs', args: { path, mode } });
const link = (path: string, target: string): Step => ({ by: 'child', op: 'symlink', args: { target, path } });

interface Parts {
  readonly sources: readonly Step[];
  readonly build: readonly Step[];
}

/** What an image is made of is the same for every container on a machine. */
const made = new WeakMap<Facts, Map<string, Parts>>();

function parts(facts: Facts, image: string, make: () => Parts): Parts {
  let known = made.get(facts);
  if (known === undefined) made.set(facts, (known = new Map()));
  let found = known.get(image);
  if (found === undefined) known.set(image, (found = make()));
  return found;
}

/** A static busybox and a link for each applet, at /bin. */
function busybox(spec: Spec, spaces: Spaces, facts: Facts, images: Images): RootSteps {
  const template = images.busybox;
  if (template === undefined) {
    throw new TwinboxError({
      code: 'ENOENT', message: 'the image busybox needs a static busybox on this system',
      hint: images.busyboxMissing ?? 'install busybox-static, or use the image host or a directory',
    });
  }
  const { sources, build } = parts(facts, 'busybox', () => ({
    sources: [hostTree(`${template}/bin`, '$bin', [], false, facts)],
    build: [
      directory('/bin'), ...attach('$bin', '/bin', facts), remount('/bin', readOnly),
      ...tree(new Set(['bin'])),
      ...[...sbin].filter((name) => name !== 'docker-init').map((name) => link(`/sbin/${name}`, `../bin/${name}`)),
    ],
  }));
  return { sources: [emptyRoot(spaces), ...sources], build: [...build, ...identity(spec, spaces, images)] };
}

/** The system's own programs, read-only and without set-user-ID, and of /etc what the loader and libraries need. */
function host(spec: Spec, spaces: Spaces, facts: Facts, images: Images): RootSteps {
  const { sources, build } = parts(facts, 'host', () => hostParts(facts, images.host!));
  return { sources: [emptyRoot(spaces), ...sources], build: [...build, ...identity(spec, spaces, images)] };
}

function hostParts(facts: Facts, { binds, links, etc }: HostImage): Parts {
  const all = [...binds, ...etc];
  const slot = (i: number): Slot => `$host${i}`;
  const taken = new Set([...binds, ...links.map(([path]) => path)].map((path) => path.slice(1)));
  return {
    sources: all.map((path, i) => hostTree(path, slot(i), [], true, facts)),
    build: [
      ...all.flatMap((path, i): Step[] => {
        const dir = i < binds.length || path.endsWith('/');
        const target = path.replace(/\/$/, '');
        const place: Step = dir
          ? directory(target)
          : { by: 'child', op: 'mkdirs', args: { path: target, mode: 0o644, file: true } };
        return [place, ...attach(slot(i), target, facts), remount(target, deepReadOnly(facts))];
      }),
      ...links.map(([path, target]) => link(path, target)),
      ...tree(taken),
    ],
  };
}

/** Also what is mounted below, where the kernel can. */
const deepReadOnly = ({ features }: Facts): string[] =>
  features.includes('mount_setattr') ? ['REC', ...readOnly] : readOnly;

/** The directories, but those that are taken or lie in one that is. Each is made with its parents. */
function tree(taken: ReadonlySet<string>): Step[] {
  return directories
    .filter(([path]) => !taken.has(path.split('/', 1)[0]!))
    .map(([path, mode]) => directory(`/${path}`, mode));
}

/** Who one is: of no image, and for all containers without a name the same. */
function identity({ hostname }: Spec, spaces: Spaces, { resolvConf }: Images): Step[] {
  const outside = !spaces.all.includes('network') && resolvConf !== undefined;
  return [
    ...commonFiles,
    hostname === undefined ? plainHosts : file('hosts', hostsOf(hostname)),
    outside ? file('resolv.conf', resolvConf) : noNetwork,
    ...(hostname === undefined ? [] : [file('hostname', `${hostname}\n`)]),
  ];
}

const ofSkeleton = (name: string): Step => file(name, files[`etc/${name}`]!);
const commonFiles = ['passwd', 'group', 'nsswitch.conf'].map(ofSkeleton);
const plainHosts = ofSkeleton('hosts');
const noNetwork = ofSkeleton('resolv.conf');
