// Long texts stand packed in the module, two characters in a unit: scripts/tostack.mjs does that to a literal in packed(...).

// @ts-ignore: decorator
@inline
export function packed(text: string): string {
  return text;
}

/** The text itself. One that is not packed comes back as it is. */
export function unpack(text: string): string {
  const n = text.length;
  if (n == 0 || text.charCodeAt(0) < 256) return text;
  const length = n * 2 - i32(text.charCodeAt(n - 1) < 256);
  const made = changetype<string>(__new(<usize>length << 1, idof<String>()));
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i >> 1);
    store<u16>(changetype<usize>(made) + (<usize>i << 1), <u16>(i & 1 ? unit >> 8 : unit & 255));
  }
  return made;
}
