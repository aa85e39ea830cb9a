// Layouts of the structures that cross the system-call boundary. One table gives offsets to the marshaller, to
// include/linux.h and to assembly/sys. Numbers are asm-generic 64-bit; a pointer is 32 bits (wasm32); every field is
// naturally aligned and little-endian.

export type FieldType = 'i8' | 'u8' | 'i16' | 'u16' | 'i32' | 'u32' | 'i64' | 'u64' | 'ptr';

/** [name, type] or [name, type, count] for an array. */
type Field = readonly [name: string, type: FieldType, count?: number];

const sizes: Readonly<Record<FieldType, number>> = {
  i8: 1, u8: 1, i16: 2, u16: 2, i32: 4, u32: 4, i64: 8, u64: 8, ptr: 4,
};

const fields = {
  int: [['value', 'i32']],
  int2: [['value', 'i32', 2]],
  timespec: [['tv_sec', 'i64'], ['tv_nsec', 'i64']],
  timeval: [['tv_sec', 'i64'], ['tv_usec', 'i64']],
  itimerval: [['it_interval_sec', 'i64'], ['it_interval_usec', 'i64'], ['it_value_sec', 'i64'], ['it_value_usec', 'i64']],
  stat: [
    ['st_dev', 'u64'], ['st_ino', 'u64'], ['st_mode', 'u32'], ['st_nlink', 'u32'], ['st_uid', 'u32'], ['st_gid', 'u32'],
    ['st_rdev', 'u64'], ['__pad1', 'u64'], ['st_size', 'i64'], ['st_blksize', 'i32'], ['__pad2', 'i32'],
    ['st_blocks', 'i64'], ['st_atime', 'i64'], ['st_atime_nsec', 'i64'], ['st_mtime', 'i64'], ['st_mtime_nsec', 'i64'],
    ['st_ctime', 'i64'], ['st_ctime_nsec', 'i64'], ['__unused', 'u32', 2],
  ],
  statfs: [
    ['f_type', 'i64'], ['f_bsize', 'i64'], ['f_blocks', 'u64'], ['f_bfree', 'u64'], ['f_bavail', 'u64'],
    ['f_files', 'u64'], ['f_ffree', 'u64'], ['f_fsid', 'i32', 2], ['f_namelen', 'i64'], ['f_frsize', 'i64'],
    ['f_flags', 'i64'], ['f_spare', 'i64', 4],
  ],
  // d_name follows at 19, NUL terminated; records are padded to 8.
  dirent64: [['d_ino', 'u64'], ['d_off', 'i64'], ['d_reclen', 'u16'], ['d_type', 'u8']],
  iovec: [['iov_base', 'ptr'], ['iov_len', 'u32']],
  pollfd: [['fd', 'i32'], ['events', 'i16'], ['revents', 'i16']],
  winsize: [['ws_row', 'u16'], ['ws_col', 'u16'], ['ws_xpixel', 'u16'], ['ws_ypixel', 'u16']],
  termios: [
    ['c_iflag', 'u32'], ['c_oflag', 'u32'], ['c_cflag', 'u32'], ['c_lflag', 'u32'], ['c_line', 'u8'], ['c_cc', 'u8', 19],
  ],
  rlimit64: [['rlim_cur', 'u64'], ['rlim_max', 'u64']],
  rusage: [
    ['ru_utime_sec', 'i64'], ['ru_utime_usec', 'i64'], ['ru_stime_sec', 'i64'], ['ru_stime_usec', 'i64'],
    ['ru_maxrss', 'i64'], ['ru_ixrss', 'i64'], ['ru_idrss', 'i64'], ['ru_isrss', 'i64'], ['ru_minflt', 'i64'],
    ['ru_majflt', 'i64'], ['ru_nswap', 'i64'], ['ru_inblock', 'i64'], ['ru_oublock', 'i64'], ['ru_msgsnd', 'i64'],
    ['ru_msgrcv', 'i64'], ['ru_nsignals', 'i64'], ['ru_nvcsw', 'i64'], ['ru_nivcsw', 'i64'],
  ],
  tms: [['tms_utime', 'i64'], ['tms_stime', 'i64'], ['tms_cutime', 'i64'], ['tms_cstime', 'i64']],
  utsname: [
    ['sysname', 'u8', 65], ['nodename', 'u8', 65], ['release', 'u8', 65], ['version', 'u8', 65], ['machine', 'u8', 65],
    ['domainname', 'u8', 65],
  ],
  sysinfo: [
    ['uptime', 'i64'], ['loads', 'u64', 3], ['totalram', 'u64'], ['freeram', 'u64'], ['sharedram', 'u64'],
    ['bufferram', 'u64'], ['totalswap', 'u64'], ['freeswap', 'u64'], ['procs', 'u16'], ['pad', 'u16'],
    ['__pad', 'u32'], ['totalhigh', 'u64'], ['freehigh', 'u64'], ['mem_unit', 'u32'],
  ],
  // The handler is an index into the guest's function table (or SIG_DFL, SIG_IGN).
  sigaction: [['sa_handler', 'ptr'], ['sa_flags', 'u32'], ['sa_mask', 'u64']],
  siginfo: [
    ['si_signo', 'i32'], ['si_errno', 'i32'], ['si_code', 'i32'], ['__pad0', 'i32'], ['si_pid', 'i32'],
    ['si_uid', 'u32'], ['si_status', 'i32'], ['__pad1', 'i32'], ['si_utime', 'i64'], ['si_stime', 'i64'],
    ['__pad2', 'u8', 80],
  ],
  flock: [['l_type', 'i16'], ['l_whence', 'i16'], ['__pad', 'i32'], ['l_start', 'i64'], ['l_len', 'i64'],
    ['l_pid', 'i32']],
  cap_user_header: [['version', 'u32'], ['pid', 'i32']],
  cap_user_data: [
    ['effective_lo', 'u32'], ['permitted_lo', 'u32'], ['inheritable_lo', 'u32'],
    ['effective_hi', 'u32'], ['permitted_hi', 'u32'], ['inheritable_hi', 'u32'],
  ],
  // twinbox's spawn: an action is one of these; `path` belongs to open and chdir.
  spawn_action: [['op', 'u32'], ['fd', 'i32'], ['newfd', 'i32'], ['flags', 'i32'], ['mode', 'u32'], ['path', 'ptr'],
    ['path_len', 'u32'], ['__pad', 'u32']],
  spawn_attr: [['flags', 'u32'], ['pgid', 'i32'], ['clone_flags', 'u32'], ['tty_fd', 'i32'], ['cgroup_fd', 'i32'],
    ['__pad', 'u32'], ['sigmask', 'u64'], ['sigdefault', 'u64']],
} as const satisfies Record<string, readonly Field[]>;

export type StructName = keyof typeof fields;

export interface Placed {
  readonly name: string;
  readonly type: FieldType;
  readonly offset: number;
  readonly count: number;
}

export interface Layout {
  readonly name: StructName;
  /** Bytes, rounded up to the alignment. */
  readonly size: number;
  readonly align: number;
  readonly fields: readonly Placed[];
}

function place(name: StructName): Layout {
  let offset = 0;
  let align = 1;
  const placed = (fields[name] as readonly Field[]).map(([field, type, count = 1]) => {
    const size = sizes[type];
    align = Math.max(align, size);
    offset = Math.ceil(offset / size) * size;
    const at = { name: field, type, offset, count };
    offset += size * count;
    return at;
  });
  return { name, size: Math.ceil(offset / align) * align, align, fields: placed };
}

/** Every structure with its offsets. */
export const structs = Object.fromEntries(
  (Object.keys(fields) as StructName[]).map((name) => [name, place(name)]),
) as Readonly<Record<StructName, Layout>>;

/** Plain values of a structure. 64-bit fields are numbers (exact to 2^53); arrays and strings are byte arrays. */
export type StructValue = Record<string, number | Uint8Array | readonly number[]>;

/** Write the named fields of `value` into `view` at `at`; the rest of the structure is zeroed. */
export function encode(name: StructName, value: StructValue, bytes: Uint8Array = new Uint8Array(structs[name].size)): Uint8Array {
  bytes.fill(0, 0, structs[name].size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const field of structs[name].fields) {
    const v = value[field.name];
    if (v === undefined) continue;
    if (typeof v === 'number') put(view, field.offset, field.type, v);
    else for (let i = 0; i < v.length; i++) put(view, field.offset + i * sizes[field.type], field.type, v[i]!);
  }
  return bytes;
}

/** Read the scalar fields of a structure; of an array, its first element (see `bytesOf` for the rest). */
export function decode(name: StructName, bytes: Uint8Array): Record<string, number> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const value: Record<string, number> = {};
  for (const field of structs[name].fields) value[field.name] = get(view, field.offset, field.type);
  return value;
}

/** The bytes of one field, an array's whole. */
export function bytesOf(name: StructName, field: string, bytes: Uint8Array): Uint8Array {
  const at = structs[name].fields.find((f) => f.name === field)!;
  return bytes.slice(at.offset, at.offset + at.count * sizes[at.type]);
}

function put(view: DataView, at: number, type: FieldType, v: number): void {
  switch (type) {
    case 'i8': case 'u8': view.setUint8(at, v); break;
    case 'i16': case 'u16': view.setUint16(at, v, true); break;
    case 'i32': case 'u32': case 'ptr': view.setUint32(at, v, true); break;
    case 'i64': case 'u64':
      if (!Number.isFinite(v)) {
        view.setUint32(at, 0xffffffff, true);
        view.setUint32(at + 4, 0xffffffff, true);
      } else {
        view.setUint32(at, v, true);
        view.setUint32(at + 4, Math.floor(v / 4294967296), true);
      }
  }
}

function get(view: DataView, at: number, type: FieldType): number {
  switch (type) {
    case 'i8': return view.getInt8(at);
    case 'u8': return view.getUint8(at);
    case 'i16': return view.getInt16(at, true);
    case 'u16': return view.getUint16(at, true);
    case 'i32': return view.getInt32(at, true);
    case 'u32': case 'ptr': return view.getUint32(at, true);
    case 'i64': return view.getInt32(at + 4, true) * 4294967296 + view.getUint32(at, true);
    case 'u64': {
      const hi = view.getUint32(at + 4, true);
      return hi === 0xffffffff && view.getUint32(at, true) === 0xffffffff
        ? Infinity
        : hi * 4294967296 + view.getUint32(at, true);
    }
  }
}
