// The pieces of the system-call table, one a file.

import { rows as attr } from './attr.ts';
import { rows as clone } from './clone.ts';
import { rows as cred } from './cred.ts';
import { rows as cwd } from './cwd.ts';
import { rows as dir } from './dir.ts';
import { rows as exec } from './exec.ts';
import { rows as fd } from './fd.ts';
import { rows as io } from './io.ts';
import { rows as ioctl } from './ioctl.ts';
import { rows as link } from './link.ts';
import { rows as mount } from './mount.ts';
import { rows as ns } from './ns.ts';
import { rows as open } from './open.ts';
import { rows as poll } from './poll.ts';
import { rows as process } from './process.ts';
import { rows as rlimit } from './rlimit.ts';
import { rows as signal } from './signal.ts';
import { rows as socket } from './socket.ts';
import { rows as spawn } from './spawn.ts';
import { rows as stat } from './stat.ts';
import { rows as time } from './time.ts';
import { rows as uname } from './uname.ts';
import { rows as wait } from './wait.ts';

export const pieces = {
  ...open, ...fd, ...io, ...stat, ...dir, ...link, ...attr, ...cwd, ...mount, ...ioctl, ...socket, ...poll,
  ...process, ...clone, ...exec, ...spawn, ...wait, ...rlimit, ...signal, ...cred, ...ns, ...uname, ...time,
};
