// The table of file descriptors of a task (struct files_struct; close-on-exec is a property of the descriptor).

import type { Task } from '../proc/task.ts';
import { SysError } from '../uapi/errno.ts';
import { RLIMIT } from '../uapi/sched.ts';
import type { OpenFile } from './file.ts';

export class FdTable {
  /** Tasks that share it. */
  users = 1;
  readonly #files: (OpenFile | undefined)[] = [];
  readonly #cloexec: boolean[] = [];
  /** No descriptor below is free. */
  #next = 0;
  /** Numbers that WASI's preopened directories hold: never handed out, never open. */
  #reserved: readonly number[] = [];

  /** fdget: the open file of `fd`, but not an O_PATH one. Throws EBADF. */
  file(fd: number): OpenFile {
    const file = this.#files[fd];
    if (file === undefined || file.isPath) throw new SysError('EBADF');
    return file;
  }

  /** fdget_raw: O_PATH files too. Throws EBADF. */
  raw(fd: number): OpenFile {
    const file = this.#files[fd];
    if (file === undefined) throw new SysError('EBADF');
    return file;
  }

  peek(fd: number): OpenFile | undefined {
    return this.#files[fd];
  }

  /** One more than the highest number in use. */
  get length(): number {
    return this.#files.length;
  }

  get reserved(): readonly number[] {
    return this.#reserved;
  }

  /** The lowest free number from `min` up. Throws EMFILE. */
  #lowest(task: Task, min: number): number {
    const limit = task.rlimits[RLIMIT.NOFILE]!.cur;
    let fd = Math.max(min, this.#next);
    while (this.#files[fd] !== undefined || this.#reserved.includes(fd)) fd++;
    if (fd >= limit) throw new SysError('EMFILE');
    return fd;
  }

  /** Fails now with what install would fail with, for calls that must not be half done. */
  check(task: Task, count = 1): void {
    let fd = -1;
    for (let i = 0; i < count; i++) fd = this.#lowest(task, fd + 1);
  }

  /** Give `file` the lowest free number from `min` up; takes a reference. */
  install(task: Task, file: OpenFile, cloexec: boolean, min = 0): number {
    let fd: number;
    try {
      fd = this.#lowest(task, min);
    } catch (error) {
      // Nobody else holds a file that was just opened.
      if (file.refs === 0) file.get().put();
      throw error;
    }
    this.#set(fd, file, cloexec);
    return fd;
  }

  /** dup2: put `file` at `fd`, closing what was there. Limits are the caller's. */
  replace(task: Task, fd: number, file: OpenFile, cloexec: boolean): void {
    if (this.#reserved.includes(fd)) throw new SysError('EBUSY');
    file.get();
    if (this.#files[fd] !== undefined) this.close(task, fd);
    this.#set(fd, file, cloexec);
    file.refs--;
  }

  #set(fd: number, file: OpenFile, cloexec: boolean): void {
    while (this.#files.length < fd) {
      this.#files.push(undefined);
      this.#cloexec.push(false);
    }
    this.#files[fd] = file.get();
    this.#cloexec[fd] = cloexec;
    if (fd === this.#next) this.#next = fd + 1;
  }

  close(task: Task, fd: number): void {
    const file = this.raw(fd);
    this.#files[fd] = undefined;
    this.#cloexec[fd] = false;
    if (fd < this.#next) this.#next = fd;
    if (fd === this.#files.length - 1) {
      let length = fd;
      while (length > 0 && this.#files[length - 1] === undefined) length--;
      this.#files.length = length;
      this.#cloexec.length = length;
    }
    if (file.inode.locks !== undefined) task.kernel.vfs.releaseLocks(task, file);
    file.put();
  }

  cloexec(fd: number): boolean {
    this.raw(fd);
    return this.#cloexec[fd]!;
  }

  setCloexec(fd: number, on: boolean): void {
    this.raw(fd);
    this.#cloexec[fd] = on;
  }

  /** Descriptors in use, ascending. */
  *numbers(): Generator<number> {
    for (let fd = 0; fd < this.#files.length; fd++) if (this.#files[fd] !== undefined) yield fd;
  }

  /** A task shares the table: clone(2) with CLONE_FILES. */
  get(): this {
    this.users++;
    return this;
  }

  /** A task stops using the table, by exit, unshare or exec; the last one closes everything. */
  put(task: Task): void {
    if (--this.users > 0) return;
    this.#reserved = [];
    for (let fd = this.#files.length - 1; fd >= 0; fd--) if (this.#files[fd] !== undefined) this.close(task, fd);
  }

  /** A copy for clone(2) without CLONE_FILES. */
  copy(): FdTable {
    const copy = new FdTable();
    for (let fd = 0; fd < this.#files.length; fd++) {
      const file = this.#files[fd];
      copy.#files.push(file?.get());
      copy.#cloexec.push(this.#cloexec[fd]!);
    }
    copy.#next = this.#next;
    copy.#reserved = this.#reserved;
    return copy;
  }

  /** execve: close what is marked, and forget reserved numbers. */
  closeOnExec(task: Task): void {
    this.#reserved = [];
    for (let fd = this.#files.length - 1; fd >= 0; fd--) if (this.#cloexec[fd] === true) this.close(task, fd);
  }

  /** Take the `count` lowest free numbers from 3 up for preopened directories while this image runs. */
  reserve(count: number): readonly number[] {
    const taken: number[] = [];
    for (let fd = 3; taken.length < count; fd++) if (this.#files[fd] === undefined) taken.push(fd);
    this.#reserved = taken;
    return taken;
  }

  /** A preopened directory is closed: its number can be given away. The others keep their places. */
  unreserve(fd: number): void {
    this.#reserved = this.#reserved.map((taken) => (taken === fd ? -1 : taken));
  }
}
