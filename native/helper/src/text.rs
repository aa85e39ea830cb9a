//! Strings that are put together in a buffer of fixed size: names, paths, numbers.

use core::ffi::CStr;

use crate::errno::{EINVAL, ENAMETOOLONG, Errno, Result, fail};

/// The longest path that a system call takes, with its NUL.
pub const PATH_MAX: usize = 4096;
/// The longest name in a directory, with a NUL.
pub const NAME_MAX: usize = 256;

/// At most N - 1 bytes and always a NUL behind them.
pub struct TextBuf<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

pub type Name = TextBuf<NAME_MAX>;
pub type Path = TextBuf<PATH_MAX>;

impl<const N: usize> TextBuf<N> {
    pub const fn new() -> TextBuf<N> {
        TextBuf { bytes: [0; N], length: 0 }
    }

    /// One made of these pieces.
    pub fn of(pieces: &[&[u8]]) -> Result<TextBuf<N>> {
        let mut text = TextBuf::new();
        for piece in pieces {
            text.push(piece)?;
        }
        Ok(text)
    }

    /// Adds bytes; there may be no NUL in them.
    pub fn push(&mut self, piece: &[u8]) -> Result<()> {
        if piece.contains(&0) {
            return fail(EINVAL);
        }
        let end = self.length + piece.len();
        match self.bytes.get_mut(self.length..end) {
            Some(place) if end < N => {
                place.copy_from_slice(piece);
                self.length = end;
                Ok(())
            }
            _ => fail(ENAMETOOLONG),
        }
    }

    /// Adds a number in decimal.
    pub fn push_number(&mut self, number: u64) -> Result<()> {
        let mut digits = [0u8; 20];
        let mut rest = number;
        let mut first = digits.len();
        for (at, digit) in digits.iter_mut().enumerate().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
            first = at;
            if rest == 0 {
                break;
            }
        }
        self.push(digits.get(first..).ok_or(Errno::new(EINVAL))?)
    }

    pub fn clear(&mut self) {
        self.bytes[0] = 0;
        self.length = 0;
    }

    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    pub fn as_c(&self) -> &CStr {
        self.bytes.get(..=self.length).and_then(|bytes| CStr::from_bytes_with_nul(bytes).ok()).unwrap_or_default()
    }
}

impl<const N: usize> Default for TextBuf<N> {
    fn default() -> Self {
        TextBuf::new()
    }
}

/// A decimal number: digits and nothing else, at most `max`.
pub fn number(text: &[u8], max: u64) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0u64, |sum, digit| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
        sum.checked_mul(10)?.checked_add(digit as u64).filter(|sum| *sum <= max)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_and_read_exactly() {
        for value in [0, 7, 10, 4294967295, u64::MAX] {
            let mut text = TextBuf::<32>::new();
            text.push_number(value).unwrap();
            assert_eq!(text.as_bytes(), value.to_string().as_bytes());
            assert_eq!(number(text.as_bytes(), u64::MAX), Some(value));
        }
        for odd in ["", "+5", "-1", " 1", "1 ", "0x10", "1000x", "18446744073709551616", "5"] {
            assert_eq!(number(odd.as_bytes(), 4), None, "{odd}");
        }
    }

    #[test]
    fn a_full_buffer_refuses_more() {
        let mut text = TextBuf::<4>::of(&[b"ab", b"c"]).unwrap();
        assert_eq!(text.push(b"d").unwrap_err(), ENAMETOOLONG);
        assert_eq!(text.as_c(), c"abc");
        assert!(TextBuf::<8>::of(&[b"a\0b"]).is_err());
    }
}
