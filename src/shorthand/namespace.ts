// docker's words for namespaces: `private`, `host`, `container:NAME`; podman's `ns:PATH`; and `pid:NUMBER`.

import { SpecError } from '../errno.ts';
import { defaultMaps, keepId } from '../plan/namespace.ts';
import type { Facts, HostStat } from '../plan.ts';
import type { IdMapping, Namespace, NamespaceType } from '../spec.ts';

export interface NamespaceOptions {
  /**
   * `none`: a loopback of its own. `host`: the machine's network. `container:NAME`: another container's of this runtime.
   * `pid:NUMBER`: that of a process of the machine, and `ns:PATH`: by its file.
   */
  readonly network?: string;
  /** `private`, `host`, or the last three; so for the next ones. */
  readonly pid?: string;
  readonly ipc?: string;
  readonly uts?: string;
  readonly cgroupns?: string;
  /**
   * `private`: ids of its own, so that root inside is nobody outside. `keep-id`: the caller has its own number inside.
   * `host`: the machine's. Without powers of root a container always has one.
   */
  readonly userns?: string;
  /** Kinds of namespaces that it shares with the machine instead of having its own. */
  readonly share?: readonly NamespaceType[];
}

/** What only the caller can look up. */
export interface Lookup {
  /** A file of the host. */
  readonly stat?: HostStat;
  /** The number, on the machine, of a running container's first process. */
  readonly pidOf?: (container: string) => number;
}

const isolated: readonly NamespaceType[] = ['pid', 'mount', 'uts', 'ipc', 'network', 'cgroup'];
const options: Readonly<Partial<Record<NamespaceType, 'network' | 'pid' | 'ipc' | 'uts' | 'cgroupns'>>> =
  { network: 'network', pid: 'pid', ipc: 'ipc', uts: 'uts', cgroup: 'cgroupns' };
const files: Readonly<Record<NamespaceType, string>> =
  { pid: 'pid', network: 'net', mount: 'mnt', ipc: 'ipc', uts: 'uts', user: 'user', cgroup: 'cgroup', time: 'time' };

export function namespaces(
  given: NamespaceOptions,
  facts: Facts,
  lookup: Lookup,
  ownIds: boolean,
): readonly Namespace[] {
  const list: Namespace[] = ownIds ? [{ type: 'user' }] : [];
  for (const type of isolated) {
    const field = options[type];
    const word = field === undefined ? undefined : given[field];
    if (given.share?.includes(type) && (word === undefined || word === 'host')) continue;
    const found = field === undefined || word === undefined ? { type } : namespace(type, field, word, facts, lookup);
    if (found !== undefined) list.push(found);
  }
  return list;
}

/** Undefined: the machine's. */
function namespace(
  type: NamespaceType,
  field: string,
  word: string,
  facts: Facts,
  lookup: Lookup,
): Namespace | undefined {
  if (word === 'private' || (type === 'network' && word === 'none')) return { type };
  if (word === 'host') {
    if (type === 'network' && facts.kernel === 'portable') {
      throw new SpecError(
        'network',
        'portable mode reaches no network outside',
        'native mode does; --network none is a loopback of its own',
      );
    }
    return undefined;
  }
  const [kind, rest = ''] = split(word);
  if (kind === 'container' && rest !== '') {
    if (lookup.pidOf === undefined) throw new SpecError(field, `other containers are not known here: ${word}`);
    return { type, path: `/proc/${lookup.pidOf(rest)}/ns/${files[type]}` };
  }
  if (kind === 'pid' && /^[1-9]\d*$/.test(rest)) return { type, path: `/proc/${rest}/ns/${files[type]}` };
  if (kind === 'ns' && rest.startsWith('/')) return { type, path: rest };
  const known = `${type === 'network' ? 'none' : 'private'}, host, container:NAME, pid:NUMBER or ns:PATH`;
  throw new SpecError(field, `unknown ${type === 'network' ? 'network' : 'namespace'} ${word}`, known);
}

function split(word: string): [string, string?] {
  const colon = word.indexOf(':');
  return colon < 0 ? [word] : [word.slice(0, colon), word.slice(colon + 1)];
}

export interface OwnIds {
  readonly own: boolean;
  readonly uidMappings?: readonly IdMapping[];
  readonly gidMappings?: readonly IdMapping[];
}

/** `wish`: it would be better with one (the image `host`), but works without. */
export function userNamespace(word: string | undefined, facts: Facts, wish: boolean): OwnIds {
  const { ids } = facts;
  const possible =
    ids !== undefined &&
    facts.namespaces.includes('user') &&
    (ids.maps !== 'root' || (ids.uids.length > 0 && ids.gids.length > 0));
  if (word === undefined || word === 'host') return { own: facts.rootless || (word === undefined && wish && possible) };
  if (word !== 'private' && word !== 'keep-id')
    throw new SpecError('userns', `unknown namespace ${word}`, 'private, keep-id or host');
  if (facts.kernel === 'portable')
    throw new SpecError(
      'userns',
      'in portable mode the files of an image belong to root outside, and to nobody inside',
    );
  if (!facts.namespaces.includes('user') || ids === undefined)
    throw new SpecError('userns', 'there are no user namespaces here', 'twinbox info says why');
  if (word === 'private') {
    defaultMaps(ids);
    return { own: true };
  }
  if (ids.maps === 'single')
    throw new SpecError('userns', 'keep-id needs newuidmap, newgidmap and lines in /etc/subuid and /etc/subgid');
  return { own: true, uidMappings: keepId(ids.uid, ids.uids), gidMappings: keepId(ids.gid, ids.gids) };
}
