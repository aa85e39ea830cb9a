// Settings of a terminal (termios(3)) and their form in guest memory.

import { bytesOf, decode, encode } from '../uapi/struct.ts';
import { initialTermios, NCCS } from '../uapi/termios.ts';

export interface Termios {
  readonly iflag: number;
  readonly oflag: number;
  readonly cflag: number;
  readonly lflag: number;
  readonly line: number;
  /** Control characters by VCC index; 0 switches one off. */
  readonly cc: readonly number[];
}

export const standard: Termios = initialTermios;

/** A window of characters and pixels; zeros are unknown. */
export interface Winsize {
  readonly row: number;
  readonly col: number;
  readonly xpixel: number;
  readonly ypixel: number;
}

export function encodeTermios(t: Termios): Uint8Array {
  return encode('termios', { c_iflag: t.iflag, c_oflag: t.oflag, c_cflag: t.cflag, c_lflag: t.lflag, c_line: t.line, c_cc: t.cc });
}

export function decodeTermios(bytes: Uint8Array): Termios {
  const v = decode('termios', bytes) as Record<string, number>;
  const cc = [...bytesOf('termios', 'c_cc', bytes)].slice(0, NCCS);
  return { iflag: v.c_iflag!, oflag: v.c_oflag!, cflag: v.c_cflag!, lflag: v.c_lflag!, line: v.c_line!, cc };
}

export const encodeWinsize = (w: Winsize): Uint8Array =>
  encode('winsize', { ws_row: w.row, ws_col: w.col, ws_xpixel: w.xpixel, ws_ypixel: w.ypixel });

export function decodeWinsize(bytes: Uint8Array): Winsize {
  const v = decode('winsize', bytes) as Record<string, number>;
  return { row: v.ws_row!, col: v.ws_col!, xpixel: v.ws_xpixel!, ypixel: v.ws_ypixel! };
}
