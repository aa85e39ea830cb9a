// Command substitution: what a command writes, without the newlines at its end.

import * as fs from '../../sys/fs';
import { readInto } from '../../sys/fs';
import { strerror } from '../../sys/errno';
import { O_CLOEXEC } from '../../sys/linux';
import { text } from '../../sys/bytes';
import { Part } from './ast';
import * as jobs from './job';
import { Place, launch } from './launch';
import { raise } from './message';
import { pipeEnds, sh } from './state';

export function substitute(p: Part): string {
  const n = p.node;
  if (n == null) {
    sh.substStatus = 0;
    sh.status = 0;
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
  if (ok) {
    sh.status = jobs.waitForeground(j);
    sh.substStatus = sh.status;
  } else jobs.remove(j);
  return s;
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
