// What print writes to and getline reads from by name: files and commands.

import * as fs from '../../sys/fs';
import * as linux from '../../sys/linux';
import * as out from '../../lib/out';
import * as proc from '../../sys/proc';
import { envList } from '../../sys/env';
import { Source } from './record';
import { Bytes } from '../../lib/text';

class Stream {
  source: Source | null = null;
  buffer: Bytes | null = null;
  pid: i32 = 0;
  constructor(
    public name: string,
    public fd: i32,
  ) {}

  flush(): void {
    const b = this.buffer;
    if (!b || b.length == 0) return;
    if (this.fd == 1) {
      out.put(b.toString());
      out.flush();
    } else fs.write(this.fd, b.toString());
    b.clear();
  }
}

const streams: Map<string, Stream> = new Map<string, Stream>();

/** Is a name known (with its kind: `<` file read, `|` command read, `>` written). */
function key(kind: string, name: string): string {
  return kind + name;
}

export function flushAll(): void {
  out.flush();
  const all = streams.values();
  for (let i = 0; i < all.length; i++) all[i].flush();
}

function command(text: string, fd: i32, end: i32): i32 {
  flushAll();
  const actions = new proc.Actions();
  actions.dup2(fd, end);
  const attr = new proc.Attr();
  return proc.spawn('/bin/sh', ['sh', '-c', text], envList(), actions, attr);
}

const ends: StaticArray<i32> = [0, 0];

/** Why `reading` could not. */
export let error: i32 = 0;

/** The input by this name; null if it cannot be opened. */
export function reading(name: string, isCommand: bool): Source | null {
  const k = key(isCommand ? '|' : '<', name);
  if (streams.has(k)) return streams.get(k).source;
  let stream: Stream;
  if (isCommand) {
    if (fs.pipe(ends, linux.O_CLOEXEC) < 0) return null;
    const pid = command(name, ends[1], 1);
    fs.close(ends[1]);
    if (pid < 0) {
      fs.close(ends[0]);
      return null;
    }
    stream = new Stream(name, ends[0]);
    stream.pid = pid;
  } else {
    const fd = name == '-' || name == '/dev/stdin' ? 0 : fs.open(name, linux.O_RDONLY | linux.O_CLOEXEC);
    if (fd < 0) {
      error = -fd;
      return null;
    }
    stream = new Stream(name, fd);
  }
  stream.source = new Source(stream.fd);
  streams.set(k, stream);
  return stream.source;
}

/** Write to a file (how 1: anew, 2: appending) or a command (3); false if it cannot be opened. */
export function writing(name: string, how: i32, text: string): bool {
  const k = key('>', name);
  if (!streams.has(k)) {
    let stream: Stream;
    if (how == 3) {
      if (fs.pipe(ends, linux.O_CLOEXEC) < 0) return false;
      const pid = command(name, ends[0], 0);
      fs.close(ends[0]);
      if (pid < 0) return false;
      stream = new Stream(name, ends[1]);
      stream.pid = pid;
    } else {
      const fd = name == '/dev/stdout' || name == '-' ? 1 : name == '/dev/stderr' ? 2
        : fs.open(name, linux.O_WRONLY | linux.O_CREAT | linux.O_CLOEXEC | (how == 1 ? linux.O_TRUNC : linux.O_APPEND), 0o666);
      if (fd < 0) {
        out.perror("can't open '" + name + "'", fd);
        return false;
      }
      stream = new Stream(name, fd);
    }
    stream.buffer = new Bytes(256);
    streams.set(k, stream);
  }
  const stream = streams.get(k);
  if (stream.fd == 1) {
    out.put(text);
    return true;
  }
  const b = stream.buffer as Bytes;
  b.add(text);
  if (b.length > 8192 || stream.fd == 2) stream.flush();
  return true;
}

/** close(): the exit status of a command, 0 of a file, -1 if nothing by that name is open. */
export function closing(name: string): i32 {
  const kinds = '|<>';
  let status = -1;
  for (let i = 0; i < 3; i++) {
    const k = key(kinds.charAt(i), name);
    if (!streams.has(k)) continue;
    status = end(streams.get(k));
    streams.delete(k);
  }
  return status;
}

function end(stream: Stream): i32 {
  stream.flush();
  const source = stream.source;
  if (source) source.close();
  else if (stream.fd > 2) fs.close(stream.fd);
  if (stream.pid == 0) return 0;
  out.flush();
  const status = proc.waitFor(stream.pid);
  return proc.WIFEXITED(status) ? proc.WEXITSTATUS(status) : proc.WTERMSIG(status) + 256;
}

export function closeAll(): void {
  out.flush();
  const all = streams.values();
  for (let i = 0; i < all.length; i++) end(all[i]);
  streams.clear();
}

/** system(): the command's exit status. */
export function system(text: string): i32 {
  flushAll();
  const pid = proc.spawn('/bin/sh', ['sh', '-c', text], envList());
  if (pid < 0) return 127;
  const status = proc.waitFor(pid);
  return proc.WIFEXITED(status) ? proc.WEXITSTATUS(status) : proc.WTERMSIG(status) + 256;
}
