// true and false.

export function true_(args: string[]): i32 {
  return 0;
}

export function false_(args: string[]): i32 {
  return 1;
}
