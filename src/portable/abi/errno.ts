// WASI's error numbers (they differ from Linux's) and the way there from Linux's.

import {Errno, errnoName} from '../../kernel/uapi/errno.ts';
import type {ErrnoName} from '../../kernel/uapi/errno.ts';

export const SUCCESS = 0;

/** The names of errno in witx, in order, without their E; their numbers are their places, from 1 on. */
const names = [
  '2BIG', 'ACCES', 'ADDRINUSE', 'ADDRNOTAVAIL', 'AFNOSUPPORT', 'AGAIN', 'ALREADY', 'BADF', 'BADMSG', 'BUSY', 'CANCELED',
  'CHILD', 'CONNABORTED', 'CONNREFUSED', 'CONNRESET', 'DEADLK', 'DESTADDRREQ', 'DOM', 'DQUOT', 'EXIST', 'FAULT', 'FBIG',
  'HOSTUNREACH', 'IDRM', 'ILSEQ', 'INPROGRESS', 'INTR', 'INVAL', 'IO', 'ISCONN', 'ISDIR', 'LOOP', 'MFILE', 'MLINK',
  'MSGSIZE', 'MULTIHOP', 'NAMETOOLONG', 'NETDOWN', 'NETRESET', 'NETUNREACH', 'NFILE', 'NOBUFS', 'NODEV', 'NOENT',
  'NOEXEC', 'NOLCK', 'NOLINK', 'NOMEM', 'NOMSG', 'NOPROTOOPT', 'NOSPC', 'NOSYS', 'NOTCONN', 'NOTDIR', 'NOTEMPTY',
  'NOTRECOVERABLE', 'NOTSOCK', 'NOTSUP', 'NOTTY', 'NXIO', 'OVERFLOW', 'OWNERDEAD', 'PERM', 'PIPE', 'PROTO',
  'PROTONOSUPPORT', 'PROTOTYPE', 'RANGE', 'ROFS', 'SPIPE', 'SRCH', 'STALE', 'TIMEDOUT', 'TXTBSY', 'XDEV', 'NOTCAPABLE',
] as const;

type WasiErrno = (typeof names)[number];

/** WASI's numbers by name. */
export const WASI = Object.fromEntries(names.map((name, i) => [name, i + 1])) as Readonly<Record<WasiErrno, number>>;

/** Linux's errors that WASI has no word for. */
const nearest: Partial<Record<ErrnoName, WasiErrno>> = {
  EOPNOTSUPP: 'NOTSUP', EPFNOSUPPORT: 'AFNOSUPPORT', ESOCKTNOSUPPORT: 'PROTONOSUPPORT', EUSERS: 'NOMEM', ETIME: 'TIMEDOUT',
  ENOTBLK: 'INVAL',
};

const fromLinux = new Uint8Array(4096).fill(WASI.IO);
for (const [name, number] of Object.entries(Errno)) {
  const same = WASI[name.slice(1) as WasiErrno];
  fromLinux[number] = same ?? WASI[nearest[name as ErrnoName] ?? 'IO'];
}

/** WASI's number for a Linux errno (positive). */
export const wasiErrno = (errno: number): number => fromLinux[errno] ?? WASI.IO;

/** For tests: Linux's names that become EIO for want of a better word. */
export const lost = (): string[] => [...fromLinux.keys()]
  .filter((n) => n !== Errno.EIO && fromLinux[n] === WASI.IO && errnoName(n) !== undefined)
  .map((n) => errnoName(n)!);
