// Floating point as C's printf writes it: %e %f %g. Digits come from exact decimal arithmetic on the number's bits, so
// that rounding agrees with libc at every precision.

/** Decimal digits of an integer times a power of two, most significant first; `point` digits stand before the point. */
let point: i32 = 0;
const BASE: u32 = 1000000000;

// The exact decimal expansion of |v| as digits; `point` says where the decimal point is.
function expand(v: f64): string {
  const bits = reinterpret<u64>(v);
  let exponent = <i32>((bits >> 52) & 0x7ff);
  let mantissa = bits & 0xfffffffffffff;
  if (exponent == 0) exponent = 1;
  else mantissa |= (<u64>1) << 52;
  exponent -= 1075;
  if (mantissa == 0) {
    point = 1;
    return '0';
  }
  while (exponent < 0 && (mantissa & 1) == 0) {
    mantissa >>= 1;
    exponent++;
  }
  // mantissa * 2^exponent; with a negative exponent: mantissa * 5^-exponent / 10^-exponent.
  const n: u32[] = [];
  n.push(<u32>(mantissa % BASE));
  n.push(<u32>((mantissa / BASE) % BASE));
  n.push(<u32>(mantissa / BASE / BASE));
  if (exponent > 0) {
    let left = exponent;
    while (left > 0) {
      const step = min(left, 29);
      multiply(n, (<u32>1) << step);
      left -= step;
    }
  } else {
    let left = -exponent;
    while (left > 0) {
      const step = min(left, 12);
      let f: u32 = 1;
      for (let i = 0; i < step; i++) f *= 5;
      multiply(n, f);
      left -= step;
    }
  }
  let s = '';
  for (let i = n.length - 1; i >= 0; i--) {
    const part = n[i].toString();
    if (s.length == 0) s = n[i] == 0 ? '' : part;
    else s += '0'.repeat(9 - part.length) + part;
  }
  const places = exponent < 0 ? -exponent : 0;
  if (s.length <= places) s = '0'.repeat(places - s.length + 1) + s;
  point = s.length - places;
  return s;
}

function multiply(n: u32[], f: u32): void {
  let carry: u64 = 0;
  for (let i = 0; i < n.length; i++) {
    const v = <u64>n[i] * f + carry;
    n[i] = <u32>(v % BASE);
    carry = v / BASE;
  }
  while (carry != 0) {
    n.push(<u32>(carry % BASE));
    carry /= BASE;
  }
}

// Round a digit string to `keep` digits (half to even over the exact rest); may grow by one digit in front.
let grew: bool = false;
function round(digits: string, keep: i32): string {
  grew = false;
  if (keep >= digits.length) return digits + '0'.repeat(keep - digits.length);
  if (keep < 0) return '';
  const next = digits.charCodeAt(keep);
  let up = next > 53;
  if (next == 53) {
    let rest = false;
    for (let i = keep + 1; i < digits.length; i++) if (digits.charCodeAt(i) != 48) rest = true;
    up = rest || (keep > 0 && (digits.charCodeAt(keep - 1) & 1) == 1);
  }
  let s = digits.substring(0, keep);
  if (!up) return s;
  let i = keep - 1;
  while (i >= 0 && s.charCodeAt(i) == 57) i--;
  if (i < 0) {
    grew = true;
    return '1' + '0'.repeat(keep);
  }
  return s.substring(0, i) + String.fromCharCode(s.charCodeAt(i) + 1) + '0'.repeat(keep - 1 - i);
}

function fixed(v: f64, precision: i32): string {
  const digits = expand(v);
  const whole = point;
  const s = round(digits, whole + precision);
  const w = whole + (grew ? 1 : 0);
  return precision > 0 ? s.substring(0, w) + '.' + s.substring(w) : s.substring(0, w);
}

/** The decimal exponent that the last `scientific` found. */
let power: i32 = 0;

function scientific(v: f64, precision: i32): string {
  let digits = expand(v);
  let at = point;
  let lead = 0;
  while (lead < digits.length - 1 && digits.charCodeAt(lead) == 48) lead++;
  digits = digits.substring(lead);
  power = v == 0 ? 0 : at - lead - 1;
  let s = round(digits, precision + 1);
  if (grew) {
    power++;
    s = s.substring(0, precision + 1);
  }
  return precision > 0 ? s.substring(0, 1) + '.' + s.substring(1) : s;
}

function exponentText(p: i32, mark: string): string {
  const a = p < 0 ? -p : p;
  return mark + (p < 0 ? '-' : '+') + (a < 10 ? '0' : '') + a.toString();
}

function stripZeros(s: string): string {
  if (s.indexOf('.') < 0) return s;
  let end = s.length;
  while (s.charCodeAt(end - 1) == 48) end--;
  if (s.charCodeAt(end - 1) == 46) end--;
  return s.substring(0, end);
}

/** By conversion character: e E f F g G; flags + blank #. */
export function formatFloat(v: f64, k: i32, precision: i32, flags: string = ''): string {
  const upper = k < 97;
  const bits = reinterpret<u64>(v);
  const sign = (bits >> 63) != 0 ? '-' : flags.indexOf('+') >= 0 ? '+' : flags.indexOf(' ') >= 0 ? ' ' : '';
  if (isNaN(v)) return (flags.indexOf('+') >= 0 ? '+' : '') + (upper ? 'NAN' : 'nan');
  const a = abs(v);
  if (!isFinite(v)) return sign + (upper ? 'INF' : 'inf');
  const lower = k | 32;
  const mark = upper ? 'E' : 'e';
  const keep = flags.indexOf('#') >= 0;
  if (lower == 102) return sign + fixed(a, precision) + (keep && precision == 0 ? '.' : '');
  if (lower == 101) {
    const m = scientific(a, precision);
    return sign + m + (keep && precision == 0 ? '.' : '') + exponentText(power, mark);
  }
  // %g: by the exponent that %e would show.
  const p = precision == 0 ? 1 : precision;
  const m = scientific(a, p - 1);
  if (power < -4 || power >= p) return sign + (keep ? m : stripZeros(m)) + exponentText(power, mark);
  const f = fixed(a, p - 1 - power);
  return sign + (keep ? f : stripZeros(f));
}
