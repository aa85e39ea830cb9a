//! Hands a request to the supervisor. Node cannot write to a SEQPACKET socket, make a memfd, or keep one end of a pipe
//! in blocking mode; all that is done here, in one go.

use helper::abi::*;
use helper::errno::{EAGAIN, EINVAL, ENOBUFS, ETOOMANYREFS, Result, fail};
use helper::supervisor::request::{BIRTH, TERMINAL};
use helper::sys::{self, Fd, Owned};

use crate::store;

pub const HEADER: usize = 64;

/// Where the kinds of the three descriptors lie in a birth's header, and behind them the descriptors of `inherit`. The
/// supervisor does not look at either.
const KINDS: usize = 48;
const PIPE: u8 = 1;
const INHERIT: u8 = 3;

/// Answers our own ends: stdin, stdout, stderr, or the terminal's socket first. EAGAIN: the supervisor is busy, and
/// nothing has been made.
pub fn send(socket: Fd, header: &[u8; HEADER], plan: &[u8]) -> Result<[Fd; 3]> {
    let mut theirs = Passed::new();
    let mut ours = [const { None }; 3];
    if !plan.is_empty() {
        theirs.add(self::plan(plan)?)?;
    }
    if word(header, 0) == BIRTH {
        stdio(header, &mut theirs, &mut ours)?;
    }
    let sent = sys::retry(|| sys::send(socket, header, theirs.fds(), MSG_DONTWAIT));
    theirs.close();
    match sent {
        // So many descriptors are under way that the kernel takes no more.
        Err(error) if error == ETOOMANYREFS || error == ENOBUFS => return fail(EAGAIN),
        result => result?,
    };
    Ok(ours.map(|end: Option<Owned>| end.map_or(-1, Owned::keep)))
}

fn stdio(header: &[u8; HEADER], theirs: &mut Passed, ours: &mut [Option<Owned>; 3]) -> Result<()> {
    let wanted = word(header, 16);
    if wanted & TERMINAL != 0 {
        let [own, other] = sys::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC)?;
        ours[0] = Some(Owned::new(own));
        return theirs.add(Owned::new(other));
    }
    for (n, own) in ours.iter_mut().enumerate().filter(|(n, _)| wanted & 1 << n != 0) {
        match header.get(KINDS + n).copied() {
            Some(INHERIT) => theirs.lend(word(header, KINDS + 4 + 4 * n) as Fd)?,
            Some(kind) if kind >= PIPE => {
                let [reader, writer] = sys::pipe2(O_CLOEXEC)?.map(Owned::new);
                let (mine, other) = if n == 0 { (writer, reader) } else { (reader, writer) };
                *own = Some(mine);
                theirs.add(other)?;
            }
            _ => return fail(EINVAL),
        }
    }
    Ok(())
}

/// Which the supervisor maps: it has the whole plan or none, and nobody can change it.
fn plan(bytes: &[u8]) -> Result<Owned> {
    const MFD_NOEXEC_SEAL: u32 = 8;
    let flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    // The kernel logs it when neither flag is given.
    let file = match sys::memfd_create(c"plan", flags | MFD_NOEXEC_SEAL) {
        Err(error) if error == EINVAL => sys::memfd_create(c"plan", flags)?,
        result => result?,
    };
    let file = Owned::new(file);
    store::write_all(file.fd(), bytes)?;
    store::seal(file.fd())?;
    Ok(file)
}

fn word(header: &[u8; HEADER], at: usize) -> u32 {
    header.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

/// The descriptors that go with a message: ours to close, but for those that are only lent.
struct Passed {
    fds: [Fd; 4],
    lent: [bool; 4],
    count: usize,
}

impl Passed {
    fn new() -> Passed {
        Passed { fds: [-1; 4], lent: [false; 4], count: 0 }
    }

    fn add(&mut self, fd: Owned) -> Result<()> {
        self.lend(fd.fd())?;
        if let Some(lent) = self.lent.get_mut(self.count.wrapping_sub(1)) {
            *lent = false;
        }
        fd.keep();
        Ok(())
    }

    fn lend(&mut self, fd: Fd) -> Result<()> {
        let (Some(place), Some(lent)) = (self.fds.get_mut(self.count), self.lent.get_mut(self.count)) else {
            return fail(EINVAL);
        };
        *place = fd;
        *lent = true;
        self.count += 1;
        Ok(())
    }

    fn fds(&self) -> &[Fd] {
        self.fds.get(..self.count).unwrap_or(&[])
    }

    fn close(&mut self) {
        for (fd, lent) in self.fds.iter().zip(self.lent).take(self.count) {
            if !lent {
                sys::close(*fd);
            }
        }
        self.count = 0;
    }
}

/// An error on the way leaves nothing open.
impl Drop for Passed {
    fn drop(&mut self) {
        self.close();
    }
}
