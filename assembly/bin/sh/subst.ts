// Command substitution: what a command writes, without the newlines at its end.

import * as fs from '../../sys/fs';
import { readInto } from '../../sys/fs';
import { strerror } from '../../sys/errno';
import { O_CLOEXEC } from '../../sys/linux';
import { text } from '../../sys/bytes';
import { Node, Part } from './ast';
import * as jobs from './job';
import { Place, launch } from './launch';
import { raise } from './message';
import { pipeEnds, sh } from './state';

export function substitute(p: Part): string {
  const n = p.node;
  if (n == null) {
    sh.substStatus = 0;
    return '';
  }
  const r = fs.pipe(pipeEnds, O_CLOEXEC);
  if (r < 0) {
    raise("can't create pipe: " + strerror(r));
    return '';
  }
  const input = pipeEnds[0];
  const place = new Place();
  place.output = pipeEnds[1];
  place.spare = input;
  place.substitution = true;
  // It belongs to the command at hand: no job of its own, even under job control.
  const j = jobs.create();
  j.group = false;
  const ok = launch(n, j, place);
  fs.close(place.output);
  const s = ok ? readAll(input) : '';
  fs.close(input);
  // Not yet $?, which stays that of the command before while words are expanded.
  if (ok) sh.substStatus = jobs.waitForeground(j);
  else jobs.remove(j);
  return s;
}

/** Pipes of process substitutions, open until the command that named them is done. */
const files: i32[] = [];
/** Away from the descriptors that scripts number by hand. */
const FILE_FD = 60;

export function fileMark(): i32 {
  return files.length;
}

export function closeFiles(from: i32): void {
  while (files.length > from) fs.close(files.pop());
}

/** <(command): the name of a pipe that it writes to; >(command): that it reads from. */
export function substituteFile(p: Part): string {
  const r = fs.pipe(pipeEnds, O_CLOEXEC);
  if (r < 0 || p.node == null) {
    raise("can't create pipe: " + strerror(r));
    return '';
  }
  const place = new Place();
  const ours = pipeEnds[p.colon ? 1 : 0];
  const theirs = pipeEnds[p.colon ? 0 : 1];
  place.spare = ours;
  if (p.colon) place.input = theirs;
  else place.output = theirs;
  launch(p.node as Node, null, place);
  fs.close(theirs);
  const fd = fs.dupAbove(ours, FILE_FD);
  fs.close(ours);
  fs.setCloexec(fd, false);
  files.push(fd);
  return '/dev/fd/' + fd.toString();
}

/** All that the descriptor gives, NULs dropped. */
function readAll(fd: i32): string {
  let size = 4096;
  let mem = heap.alloc(size);
  let used = 0;
  while (true) {
    if (used == size) {
      size *= 2;
      mem = heap.realloc(mem, size);
    }
    const got = readInto(fd, mem + used, size - used);
    if (got <= 0) break;
    used += got;
  }
  while (used > 0 && load<u8>(mem + used - 1) == 10) used--;
  let n = 0;
  for (let i = 0; i < used; i++) {
    const c = load<u8>(mem + i);
    if (c != 0) store<u8>(mem + n++, c);
  }
  while (n > 0 && load<u8>(mem + n - 1) == 10) n--;
  const s = text(mem, n);
  heap.free(mem);
  return s;
}
