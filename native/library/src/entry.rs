//! What can be asked: a verb, a word that is 0, then the verb's own fields, little endian. src/native/call.ts has the
//! other side.

use core::ffi::CStr;

use helper::abi::*;
use helper::errno::{EBADF, ECHILD, EINVAL, ENAMETOOLONG, ENOSYS, ERANGE, Errno, Result, fail};
use helper::sys::{self, Fd};

use crate::{open, send, store};

/// Both sides compare it.
const ABI_VERSION: u32 = 1;

const VERSION: u32 = 1;
const OPEN: u32 = 2;
const SEND: u32 = 3;
const LOCK: u32 = 4;
const CLOSE: u32 = 5;
const MEMFD: u32 = 6;

/// Answers how many bytes of `reply` are filled.
pub fn call(request: &[u8], reply: &mut [u8]) -> Result<usize> {
    let mut request = Reader { rest: request };
    let mut reply = Writer { to: reply, length: 0 };
    let verb = request.u32()?;
    request.u32()?;
    match verb {
        VERSION => {
            reply.u32(ABI_VERSION)?;
            reply.put(&store::hash().to_le_bytes())?;
        }
        OPEN => {
            let flags = request.u32()?;
            let entry = request.text()?;
            let started = open::open(flags, entry)?;
            let fds = [started.pid, started.requests, started.events, started.pidfd];
            fds.into_iter().try_for_each(|fd| reply.i32(fd))?;
        }
        SEND => {
            let socket = request.i32()?;
            let size = request.u32()? as usize;
            let header = *request.take(send::HEADER)?.first_chunk().ok_or(Errno::new(EINVAL))?;
            let ends = send::send(socket, &header, request.take(size)?)?;
            ends.into_iter().try_for_each(|fd| reply.i32(fd))?;
        }
        LOCK => {
            let mut path = Path::new();
            let file = open::lock(AT_FDCWD, path.set(request.text()?)?)?;
            reply.i32(file.fd())?;
            file.keep();
        }
        CLOSE => close(request.i32()?),
        MEMFD => reply.i32(store::kind()? as i32)?,
        _ => return fail(ENOSYS),
    }
    Ok(reply.length)
}

/// A supervisor is Node's child, whose end nobody else hears of: closing its pidfd reaps it.
fn close(fd: Fd) {
    const ANY: u32 = WEXITED | WNOHANG | __WALL;
    match sys::waitid(P_PIDFD, fd, ANY) {
        // It has closed its sockets, which is how one hears of it, and is not quite dead.
        Ok(None) => {
            let mut wait = [PollFd { fd, events: POLLIN, revents: 0 }];
            let _ = sys::poll(&mut wait, Some(Timespec { seconds: 0, nanoseconds: 50_000_000 }));
            let _ = sys::waitid(P_PIDFD, fd, ANY);
        }
        Err(error) if error == EBADF || error == EINVAL || error == ECHILD => {}
        _ => {}
    }
    sys::close(fd);
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Errno::new(EINVAL))?;
        self.rest = rest;
        Ok(taken)
    }

    fn u32(&mut self) -> Result<u32> {
        self.take(4)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes)).ok_or(Errno::new(EINVAL))
    }

    fn i32(&mut self) -> Result<i32> {
        self.u32().map(|word| word as i32)
    }

    /// A length and that many bytes.
    fn text(&mut self) -> Result<&'a [u8]> {
        let length = self.u32()? as usize;
        self.take(length)
    }
}

struct Writer<'a> {
    to: &'a mut [u8],
    length: usize,
}

impl Writer<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        let place =
            self.to.get_mut(self.length..).and_then(|rest| rest.get_mut(..bytes.len())).ok_or(Errno::new(ERANGE))?;
        copy(place, bytes);
        self.length += bytes.len();
        Ok(())
    }

    fn u32(&mut self, word: u32) -> Result<()> {
        self.put(&word.to_le_bytes())
    }

    fn i32(&mut self, word: i32) -> Result<()> {
        self.u32(word as u32)
    }
}

/// A path with its NUL, as the kernel wants it.
pub struct Path {
    bytes: [u8; 4096],
}

impl Path {
    pub fn new() -> Path {
        Path { bytes: [0; 4096] }
    }

    pub fn set(&mut self, path: &[u8]) -> Result<&CStr> {
        let place = self.bytes.get_mut(..path.len() + 1).ok_or(Errno::new(ENAMETOOLONG))?;
        let (text, end) = place.split_at_mut(path.len());
        copy(text, path);
        end.fill(0);
        CStr::from_bytes_with_nul(place).map_err(|_| Errno::new(EINVAL))
    }
}

/// Slices of one length; unlike copy_from_slice nothing in it can panic.
fn copy(to: &mut [u8], from: &[u8]) {
    for (place, byte) in to.iter_mut().zip(from) {
        *place = *byte;
    }
}
