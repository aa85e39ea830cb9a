//! Error numbers (errno(3)), with the system call that gave them.

use core::num::NonZero;

/// An error of the kernel's, or of ours in the kernel's words. Compares with the constants below: `error == ENOENT`.
/// The number of the call is in the upper half, that of the error in the lower one: as one word that is never 0 it
/// makes results that travel in registers.
#[derive(Clone, Copy)]
pub struct Errno(NonZero<u32>);

/// No system call: a check of our own failed.
const OURS: u16 = u16::MAX;

pub type Result<T> = core::result::Result<T, Errno>;

impl Errno {
    /// An error that no system call gave.
    pub const fn new(code: i32) -> Errno {
        Errno::of(code, OURS as usize)
    }

    /// What system call number `call` answered.
    pub const fn of(code: i32, call: usize) -> Errno {
        match NonZero::new((call as u32) << 16 | code as u32 & 0xffff) {
            Some(word) => Errno(word),
            // No error is error 0 of call 0.
            None => Errno(NonZero::<u32>::MAX),
        }
    }

    /// The positive number.
    pub const fn code(self) -> i32 {
        (self.0.get() & 0xffff) as i32
    }

    /// The number of the system call on this CPU, -1 for a check of our own.
    pub const fn call(self) -> i32 {
        match (self.0.get() >> 16) as u16 {
            OURS => -1,
            call => call as i32,
        }
    }
}

impl core::fmt::Debug for Errno {
    fn fmt(&self, f: &mut core::fmt::Formatter) -> core::fmt::Result {
        write!(f, "errno {} of call {}", self.code(), self.call())
    }
}

impl PartialEq<i32> for Errno {
    fn eq(&self, code: &i32) -> bool {
        self.code() == *code
    }
}

/// `Err` of an error of our own.
pub const fn fail<T>(code: i32) -> Result<T> {
    Err(Errno::new(code))
}

// The numbers that Linux has on x86-64 and arm64 alike (asm-generic/errno.h), as far as they are named here.
pub const EPERM: i32 = 1;
pub const ENOENT: i32 = 2;
pub const ESRCH: i32 = 3;
pub const EINTR: i32 = 4;
pub const EIO: i32 = 5;
pub const ENXIO: i32 = 6;
pub const E2BIG: i32 = 7;
pub const ENOEXEC: i32 = 8;
pub const EBADF: i32 = 9;
pub const ECHILD: i32 = 10;
pub const EAGAIN: i32 = 11;
pub const ENOMEM: i32 = 12;
pub const EACCES: i32 = 13;
pub const EBUSY: i32 = 16;
pub const EEXIST: i32 = 17;
pub const EXDEV: i32 = 18;
pub const ENODEV: i32 = 19;
pub const ENOTDIR: i32 = 20;
pub const EISDIR: i32 = 21;
pub const EINVAL: i32 = 22;
pub const EMFILE: i32 = 24;
pub const ENOTTY: i32 = 25;
pub const ETXTBSY: i32 = 26;
pub const EFBIG: i32 = 27;
pub const ENOSPC: i32 = 28;
pub const EROFS: i32 = 30;
pub const EPIPE: i32 = 32;
pub const ERANGE: i32 = 34;
pub const ENAMETOOLONG: i32 = 36;
pub const ENOSYS: i32 = 38;
pub const ENOTEMPTY: i32 = 39;
pub const ELOOP: i32 = 40;
pub const EPROTO: i32 = 71;
pub const EOVERFLOW: i32 = 75;
pub const EMSGSIZE: i32 = 90;
pub const EOPNOTSUPP: i32 = 95;
pub const ECONNRESET: i32 = 104;
pub const ENOBUFS: i32 = 105;
pub const ETOOMANYREFS: i32 = 109;
pub const ETIMEDOUT: i32 = 110;
