// Sockets (socket(2)): nothing is sent through one yet. A datagram socket is what netdevice(7) needs to ask its network
// namespace for devices, and to take them up and down.

import { capable } from '../cred/cred.ts';
import { AnonInode } from '../fs/anon.ts';
import { OpenFile } from '../fs/file.ts';
import type { NetDevice, NetNamespace } from '../ns/net.ts';
import type { Task } from '../proc/task.ts';
import type { Buf, Ptr } from '../syscall/buf.ts';
import { CAP } from '../uapi/capability.ts';
import { SysError } from '../uapi/errno.ts';
import { O, S } from '../uapi/fcntl.ts';
import { AF, IFF, IFNAMSIZ, IFREQ_SIZE, SIOC } from '../uapi/net.ts';

export class SocketFile extends OpenFile {
  /** The namespace that it was made in, whichever its owner is in later. */
  readonly net: NetNamespace;

  constructor(task: Task, flags: number) {
    const { anon } = task.kernel.vfs;
    super(new AnonInode(anon, anon.nextIno(), S.IFSOCK | 0o777, task.cred), undefined, O.RDWR | flags);
    this.net = task.nsproxy.net;
    this.net.get();
  }

  override release(): void {
    this.net.put();
  }

  override describe(): string {
    return `socket:[${this.inode.ino}]`;
  }

  override read(): number {
    throw new SysError('ENOTCONN');
  }

  override write(): number {
    throw new SysError('EDESTADDRREQ');
  }

  override ioctl(task: Task, request: number, arg: Ptr): number {
    if (!(Object.values(SIOC) as number[]).includes(request)) throw new SysError('ENOTTY', 'ioctl');
    const req = arg.buf(IFREQ_SIZE);
    if (request === SIOC.GIFNAME) {
      const index = word(req, 4);
      const found = this.net.devices.find((one) => one.index === index);
      if (found === undefined) throw new SysError('ENODEV', 'ioctl');
      req.write(0, bytes(IFNAMSIZ, [...found.name].map((char) => char.charCodeAt(0))));
      return 0;
    }
    const name = String.fromCharCode(...req.read(0, IFNAMSIZ)).split('\0')[0]!;
    const device = this.net.devices.find((one) => one.name === name);
    if (device === undefined) throw new SysError('ENODEV', 'ioctl', name);
    if (request === SIOC.SIFFLAGS) {
      if (!capable(task, CAP.NET_ADMIN, this.net.owner)) throw new SysError('EPERM', 'ioctl');
      device.up = (word(req, 2) & IFF.UP) !== 0;
      // The loopback device gets its address with the first start, and keeps it.
      if (device.up) device.addressed = true;
      return 0;
    }
    req.write(IFNAMSIZ, answer(device, request));
    return 0;
  }
}

function answer(device: NetDevice, request: number): Uint8Array {
  switch (request) {
    case SIOC.GIFFLAGS: return little(IFF.LOOPBACK | (device.up ? IFF.UP | IFF.RUNNING : 0), 2);
    case SIOC.GIFMTU: return little(65536, 4);
    case SIOC.GIFTXQLEN: return little(1000, 4);
    case SIOC.GIFINDEX: return little(device.index, 4);
    // ARPHRD_LOOPBACK, and an address of zeros.
    case SIOC.GIFHWADDR: return bytes(16, [0x04, 0x03]);
  }
  if (!device.addressed) throw new SysError('EADDRNOTAVAIL', 'ioctl');
  return bytes(16, [AF.INET, 0, 0, 0, ...(request === SIOC.GIFADDR ? [127, 0, 0, 1] : [255, 0, 0, 0])]);
}

function word(req: Buf, size: number): number {
  return req.read(IFNAMSIZ, size).reduce((sum, byte, i) => sum + byte * 2 ** (8 * i), 0);
}

function little(value: number, size: number): Uint8Array {
  return bytes(size, [value & 255, (value >> 8) & 255, (value >> 16) & 255]);
}

function bytes(size: number, from: readonly number[]): Uint8Array {
  const made = new Uint8Array(size);
  made.set(from.slice(0, size));
  return made;
}
