// Machines as facts: what the plans of the golden files are compiled for.

import type {Facts, Hierarchy} from '../src/plan.ts';

export const portable: Facts = {
  kernel: 'portable',
  release: '6.18.0-twinbox',
  cgroup: 'v2',
  controllers: [],
  cgroupParent: '/twinbox',
  rootless: false,
  namespaces: ['user', 'pid', 'mount', 'uts', 'ipc', 'network', 'cgroup', 'time'],
  filesystems: ['tmpfs', 'proc', 'devpts', 'sysfs', 'hostfs'], hostDirectory: 'hostfs', staging: '/mnt', features: [],
};

const v1 = (controllers: readonly string[]): Hierarchy =>
  ({version: 1, controllers, mount: `/sys/fs/cgroup/${controllers.join(',')}`, path: ''});
const classic = [
  v1(['cpu', 'cpuacct']),
  v1(['cpuset']),
  {...v1(['memory']), path: '/outer'},
  v1(['devices']),
  v1(['freezer']),
  v1(['blkio']),
  v1(['pids']),
  v1(['hugetlb']),
];
const core: Hierarchy = {version: 2, controllers: [], mount: '/sys/fs/cgroup/unified', path: ''};
const controllers = ['cpu', 'cpuset', 'memory', 'io', 'pids', 'hugetlb'];

const linux: Facts = {
  ...portable, kernel: 'linux', release: '6.1.0', hostDirectory: 'bind', staging: '/', arch: 'x64',
  filesystems: ['tmpfs', 'proc', 'devpts', 'sysfs', 'cgroup', 'cgroup2', 'mqueue', 'overlay'],
  features: ['seccomp', 'mount_setattr', 'keyring', 'swap', 'device-program', 'io.bfq.weight', 'clone-into-cgroup'],
  ids: {uid: 0, gid: 0, maps: 'root', uids: [[100000, 65536]], gids: [[100000, 65536]]},
  images: {
    busybox: '/run/twinbox/images/busybox-1', resolvConf: 'nameserver 192.0.2.53\n',
    host: {
      binds: ['/usr'],
      links: [
        ['/bin', 'usr/bin'],
        ['/sbin', 'usr/sbin'],
        ['/lib', 'usr/lib'],
        ['/lib64', 'usr/lib64'],
      ],
      etc: ['/etc/ld.so.cache', '/etc/alternatives/', '/etc/ssl/certs/', '/etc/localtime'],
    },
  },
};

export const onV2: Facts = {
  ...linux, cgroup: 'v2', controllers, hierarchies: [{version: 2, controllers, mount: '/sys/fs/cgroup', path: ''}],
};
export const onHybrid: Facts = {
  ...linux, cgroup: 'hybrid', controllers: classic.flatMap(one => one.controllers), hierarchies: [...classic, core],
};
export const onV1: Facts = {...onHybrid, cgroup: 'v1', hierarchies: classic};

/** An ordinary user without newuidmap(1), without a delegated group. */
export const single: Facts = {
  ...linux, rootless: true, cgroup: 'none', controllers: [], hierarchies: [],
  features: linux.features.filter(name => name !== 'device-program'),
  ids: {uid: 1000, gid: 1000, maps: 'single', uids: [], gids: []},
};
/** An ordinary user with ranges, and with a group of systemd's. */
export const helpers: Facts = {
  ...single,
  cgroup: 'v2',
  controllers: ['memory', 'pids'],
  hierarchies: [
    {version: 2, controllers: ['memory', 'pids'], mount: '/sys/fs/cgroup', path: '/user.slice/run-u1.scope'},
  ],
  ids: {uid: 1000, gid: 1000, maps: 'helpers', uids: [[200000, 65536]], gids: [[300000, 65536]]},
};
