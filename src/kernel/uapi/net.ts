// Numbers of sockets and network devices (socket(2), netdevice(7)).

export const AF = { UNIX: 1, INET: 2, INET6: 10, NETLINK: 16 } as const;
export const SOCK = { STREAM: 1, DGRAM: 2, RAW: 3, NONBLOCK: 0o4000, CLOEXEC: 0o2000000 } as const;
export const IFF = { UP: 1, LOOPBACK: 8, RUNNING: 0x40 } as const;
export const SIOC = {
  GIFNAME: 0x8910, GIFFLAGS: 0x8913, SIFFLAGS: 0x8914, GIFADDR: 0x8915, GIFNETMASK: 0x891b, GIFMTU: 0x8921,
  GIFHWADDR: 0x8927, GIFINDEX: 0x8933, GIFTXQLEN: 0x8942,
} as const;

/** struct ifreq where pointers have 32 bits: a name, then what the command is about. */
export const IFREQ_SIZE = 32;
export const IFNAMSIZ = 16;
