// What all file systems of one kernel share: numbers of devices, mounts and peer groups, the types that mount(2) knows,
// device nodes' drivers, and the machine's table of open files.

import type { Kernel } from '../kernel.ts';
import type { Task } from '../proc/task.ts';
import { SysError } from '../uapi/errno.ts';
import { AnonSuper } from './anon.ts';
import { Dentry } from './dentry.ts';
import type { OpenFile, Opener } from './file.ts';
import { releaseLocks } from './lock.ts';
import { Mount } from './mount.ts';
import { Path } from './path.ts';
import type { FsType } from './super.ts';

export class Vfs {
  readonly kernel: Kernel;
  /** mount(2)'s types by name, in the order of /proc/filesystems. */
  readonly types = new Map<string, FsType>();
  /** Character devices by st_rdev (makedev); ttys and ptys register theirs. */
  readonly chrdevs = new Map<number, Opener>();
  /** Opens a FIFO: ipc/pipe.ts. */
  fifo: Opener | undefined = undefined;
  #pipefs: AnonSuper | undefined = undefined;
  #anon: AnonSuper | undefined = undefined;
  readonly releaseLocks = releaseLocks;
  #devs = 0;
  #mountIds = 0;
  readonly #freeMountIds: number[] = [];
  #groups = 0;
  readonly #freeGroups: number[] = [];
  #files = 0;

  constructor(kernel: Kernel) {
    this.kernel = kernel;
  }

  /** Where pipes have their inodes. */
  get pipefs(): AnonSuper {
    return (this.#pipefs ??= new AnonSuper(this.kernel, 'pipe'));
  }

  /** Where pidfds and the like have theirs. */
  get anon(): AnonSuper {
    return (this.#anon ??= new AnonSuper(this.kernel, 'anon_inode'));
  }

  nextDev(): number {
    return ++this.#devs;
  }

  /** The lowest mount id that is free, as Linux gives them. */
  nextMountId(): number {
    return this.#freeMountIds.pop() ?? ++this.#mountIds;
  }

  freeMountId(id: number): void {
    this.#freeMountIds.push(id);
  }

  nextGroupId(): number {
    return this.#freeGroups.pop() ?? ++this.#groups;
  }

  freeGroupId(id: number): void {
    this.#freeGroups.push(id);
  }

  /** Open files of the machine (/proc/sys/fs/file-nr). */
  get files(): number {
    return this.#files;
  }

  openedFile(): void {
    if (this.#files >= this.kernel.machine.filesMax) throw new SysError('ENFILE');
    this.#files++;
  }

  closedFile(): void {
    this.#files--;
  }

  /** A place for an open file that has none, so that fstat and the like have one shape. */
  anonymousPath(file: OpenFile): Path {
    const { sb } = file.inode;
    const dentry = new Dentry(file.describe(), undefined, file.inode);
    return new Path((this.#anonMounts.get(sb.dev) ?? this.#anonMount(file)), dentry);
  }

  readonly #anonMounts = new Map<number, Mount>();

  #anonMount(file: OpenFile): Mount {
    const { sb } = file.inode;
    const mount = new Mount(sb, sb.root, 'none', 0);
    mount.count++;
    this.#anonMounts.set(sb.dev, mount);
    return mount;
  }

  /** The type for mount(2). */
  type(name: string): FsType {
    const type = this.types.get(name);
    if (type === undefined) throw new SysError('ENODEV', 'mount', name);
    return type;
  }

  now(_task?: Task) {
    return this.kernel.clock.realtime();
  }
}
