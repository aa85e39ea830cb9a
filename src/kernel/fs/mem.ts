// The memory devices (null(4), full(4), random(4)): character devices of major 1.

import type { Kernel } from '../kernel.ts';
import type { Task } from '../proc/task.ts';
import type { Buf } from '../syscall/buf.ts';
import { SysError } from '../uapi/errno.ts';
import { makedev } from '../uapi/fcntl.ts';
import { OpenFile } from './file.ts';

/** At most so many bytes by one read, so that no call holds the machine for long. */
const CHUNK_MAX = 1 << 20;

abstract class MemFile extends OpenFile {
  override write(_task: Task, buf: Buf): number {
    return buf.length;
  }

  override pread(task: Task, buf: Buf): number {
    return this.read(task, buf) as number;
  }

  override pwrite(task: Task, buf: Buf): number {
    return this.write(task, buf) as number;
  }

  override seek(): number {
    return 0;
  }
}

class NullFile extends MemFile {
  override read(): number {
    return 0;
  }
}

const zeros = new Uint8Array(65536);

class ZeroFile extends MemFile {
  override read(_task: Task, buf: Buf): number {
    const n = Math.min(buf.length, CHUNK_MAX);
    for (let at = 0; at < n; at += zeros.length) buf.write(at, n - at >= zeros.length ? zeros : zeros.subarray(0, n - at));
    return n;
  }
}

class FullFile extends ZeroFile {
  override write(): number {
    throw new SysError('ENOSPC', 'write');
  }
}

class RandomFile extends MemFile {
  override read(task: Task, buf: Buf): number {
    const bytes = new Uint8Array(Math.min(buf.length, CHUNK_MAX));
    // Host sources give 64 KiB at a time at the most.
    for (let at = 0; at < bytes.length; at += 65536) task.kernel.random(bytes.subarray(at, at + 65536));
    buf.write(0, bytes);
    return bytes.length;
  }
}

/** Minor number, driver. */
const devices = [[3, NullFile], [5, ZeroFile], [7, FullFile], [8, RandomFile], [9, RandomFile]] as const;

export function registerMem(kernel: Kernel): void {
  for (const [minor, File] of devices) {
    kernel.vfs.chrdevs.set(makedev(1, minor), (_task, inode, path, flags) => new File(inode, path, flags));
  }
}
