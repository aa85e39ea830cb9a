//! Users and groups by the container's own /etc/passwd and /etc/group (passwd(5), group(5)), read as a stream: the
//! files are the image's, may be of any size and shape, and get no memory but a few buffers.
//!
//! The rules are docker's `-u`, but for what is odd: a number is that number and nothing else, a name is found or is an
//! error, and whatever is neither (`1000x`, `+5`, ` 1`, `1000:`) is EINVAL. A matching line with a broken number is
//! EINVAL too; nothing becomes 0 by accident.

use core::ffi::CStr;

use crate::abi::*;
use crate::errno::{E2BIG, EFBIG, EINVAL, ENOENT, ENOTDIR, Errno, Result, fail};
use crate::resolve;
use crate::sys::{self, Fd};
use crate::text::{self, Name, TextBuf};

/// The last id is no id: it means "leave it" to setresuid(2).
const ID_MAX: u64 = u32::MAX as u64 - 1;
/// How much of a file is read before it is an error.
const FILE_MAX: usize = 16 << 20;
/// How many supplementary groups there may be.
const GROUPS_MAX: usize = 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct User {
    pub uid: u32,
    pub gid: u32,
}

pub type Home = TextBuf<1024>;

/// A line of /etc/passwd.
pub struct Entry {
    pub user: User,
    pub name: Name,
    pub home: Home,
}

/// Supplementary groups.
pub struct Groups {
    ids: [u32; GROUPS_MAX],
    count: usize,
}

impl Groups {
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Groups {
        Groups { ids: [0; GROUPS_MAX], count: 0 }
    }

    pub fn add(&mut self, gid: u32) -> Result<()> {
        if self.as_slice().contains(&gid) {
            return Ok(());
        }
        *self.ids.get_mut(self.count).ok_or(Errno::new(E2BIG))? = gid;
        self.count += 1;
        Ok(())
    }

    pub fn as_slice(&self) -> &[u32] {
        self.ids.get(..self.count).unwrap_or_default()
    }
}

/// What `-u` and `--group-add` say, a line each: `user[:group]`, then groups.
pub fn lookup(root: Fd, spec: &[u8], groups: &mut Groups) -> Result<(User, Option<Home>)> {
    let mut lines = spec.split(|byte| *byte == b'\n');
    let first = lines.next().unwrap_or_default();
    let mut parts = first.split(|byte| *byte == b':');
    let (user, group) = (parts.next().unwrap_or_default(), parts.next());
    if parts.next().is_some() {
        return fail(EINVAL);
    }
    let who = Who::of(user)?;
    let entry = find_user(root, who)?;
    let mut found = match (&entry, who) {
        (Some(entry), _) => entry.user,
        (None, Who::Id(uid)) => User { uid, gid: 0 },
        (None, Who::Name(_)) => return fail(EINVAL),
    };
    match (group, &entry) {
        (Some(group), _) => found.gid = find_group(root, group)?,
        (None, Some(entry)) => {
            scan(root, c"/etc/group", |lines| groups_of(lines, entry.name.as_bytes(), groups))?.unwrap_or(())
        }
        (None, None) => (),
    }
    for group in lines {
        groups.add(find_group(root, group)?)?;
    }
    Ok((found, entry.map(|entry| entry.home)))
}

/// The home directory of a uid.
pub fn home(root: Fd, uid: u32) -> Result<Option<Home>> {
    Ok(find_user(root, Who::Id(uid))?.map(|entry| entry.home))
}

#[derive(Clone, Copy)]
enum Who<'a> {
    Id(u32),
    Name(&'a [u8]),
}

impl<'a> Who<'a> {
    /// Digits alone are an id. A name begins with neither digit nor sign and has no blanks and no control characters.
    fn of(text: &'a [u8]) -> Result<Who<'a>> {
        if let Some(id) = text::number(text, ID_MAX) {
            return Ok(Who::Id(id as u32));
        }
        let odd_first = text.first().is_none_or(|first| first.is_ascii_digit() || b"+-".contains(first));
        let odd = |byte: &u8| *byte <= b' ' || *byte == 0x7f || *byte == b':' || *byte == b',';
        if odd_first || text.iter().any(odd) { fail(EINVAL) } else { Ok(Who::Name(text)) }
    }
}

fn find_user(root: Fd, who: Who) -> Result<Option<Entry>> {
    Ok(scan(root, c"/etc/passwd", |lines| user_in(lines, who))?.flatten())
}

fn find_group(root: Fd, group: &[u8]) -> Result<u32> {
    match Who::of(group)? {
        Who::Id(gid) => Ok(gid),
        Who::Name(name) => {
            scan(root, c"/etc/group", |lines| group_in(lines, name))?.flatten().ok_or(Errno::new(EINVAL))
        }
    }
}

/// The line of passwd(5) that is meant: name, password, uid, gid, comment, home, shell.
fn user_in<F: Fill>(lines: &mut Scanner<F>, who: Who) -> Result<Option<Entry>> {
    let mut name = Name::new();
    while lines.begin_line()? {
        lines.field(&mut name)?;
        let named = matches!(who, Who::Name(wanted) if wanted == name.as_bytes());
        let mut number = TextBuf::<16>::new();
        lines.skip_field()?;
        lines.field(&mut number)?;
        let uid = text::number(number.as_bytes(), ID_MAX).map(|id| id as u32);
        if !named && !matches!((who, uid), (Who::Id(wanted), Some(uid)) if wanted == uid) {
            continue;
        }
        lines.field(&mut number)?;
        let gid = text::number(number.as_bytes(), ID_MAX).map(|id| id as u32);
        let (Some(uid), Some(gid)) = (uid, gid) else { return fail(EINVAL) };
        lines.skip_field()?;
        let mut home = Home::new();
        lines.field(&mut home)?;
        return Ok(Some(Entry { user: User { uid, gid }, name, home }));
    }
    Ok(None)
}

/// The line of group(5) with this name: name, password, gid, members.
fn group_in<F: Fill>(lines: &mut Scanner<F>, wanted: &[u8]) -> Result<Option<u32>> {
    while lines.begin_line()? {
        let mut name = Name::new();
        lines.field(&mut name)?;
        if name.as_bytes() == wanted {
            lines.skip_field()?;
            let mut number = TextBuf::<16>::new();
            lines.field(&mut number)?;
            return match text::number(number.as_bytes(), ID_MAX) {
                Some(gid) => Ok(Some(gid as u32)),
                None => fail(EINVAL),
            };
        }
    }
    Ok(None)
}

/// Adds every group that names this user as a member.
fn groups_of<F: Fill>(lines: &mut Scanner<F>, user: &[u8], groups: &mut Groups) -> Result<()> {
    while lines.begin_line()? {
        lines.skip_field()?;
        lines.skip_field()?;
        let mut number = TextBuf::<16>::new();
        lines.field(&mut number)?;
        let mut member = Name::new();
        while lines.member(&mut member)? {
            if member.as_bytes() != user {
                continue;
            }
            let gid = text::number(number.as_bytes(), ID_MAX).ok_or(Errno::new(EINVAL))?;
            groups.add(gid as u32)?;
            break;
        }
    }
    Ok(())
}

/// Reads a file of the root with `read`; `None` if it is not there.
fn scan<T>(root: Fd, path: &CStr, read: impl FnOnce(&mut Scanner<FileFill>) -> Result<T>) -> Result<Option<T>> {
    let file = match resolve::open(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0) {
        Err(error) if error == ENOENT || error == ENOTDIR => return Ok(None),
        file => file?,
    };
    if !sys::fstat(file.fd())?.is(S_IFREG) {
        return fail(EINVAL);
    }
    read(&mut Scanner::new(FileFill(file.fd()))).map(Some)
}

/// Where the bytes come from; 0 is the end.
trait Fill {
    fn fill(&mut self, into: &mut [u8]) -> Result<usize>;
}

struct FileFill(Fd);

impl Fill for FileFill {
    fn fill(&mut self, into: &mut [u8]) -> Result<usize> {
        sys::retry(|| sys::read(self.0, into))
    }
}

/// Lines with fields that colons part.
struct Scanner<F> {
    source: F,
    buffer: [u8; 4096],
    at: usize,
    length: usize,
    total: usize,
    /// Of the line that is being read: its end was met.
    ended: bool,
}

impl<F: Fill> Scanner<F> {
    fn new(source: F) -> Scanner<F> {
        Scanner { source, buffer: [0; 4096], at: 0, length: 0, total: 0, ended: true }
    }

    fn byte(&mut self) -> Result<Option<u8>> {
        if self.at == self.length {
            self.at = 0;
            self.length = self.source.fill(&mut self.buffer)?;
            self.total += self.length;
            if self.total > FILE_MAX {
                return fail(EFBIG);
            }
            if self.length == 0 {
                return Ok(None);
            }
        }
        let byte = self.buffer.get(self.at).copied();
        self.at += 1;
        Ok(byte)
    }

    /// Goes to the next line; false at the end of the file.
    fn begin_line(&mut self) -> Result<bool> {
        while !self.ended {
            self.skip_field()?;
        }
        match self.byte()? {
            None => Ok(false),
            Some(_) => {
                // One back: the buffer still has it.
                self.at -= 1;
                self.ended = false;
                Ok(true)
            }
        }
    }

    /// The next field, empty where the line has no more. One that is too long for its buffer, or has a NUL, is no name
    /// and no number: it is empty as well.
    fn field<const N: usize>(&mut self, into: &mut TextBuf<N>) -> Result<()> {
        self.token(into, b':').map(|_| ())
    }

    fn skip_field(&mut self) -> Result<()> {
        self.field(&mut TextBuf::<1>::new())
    }

    /// The next of the members that commas part; false after the last.
    fn member(&mut self, into: &mut Name) -> Result<bool> {
        if self.ended {
            return Ok(false);
        }
        self.token(into, b',')?;
        Ok(true)
    }

    fn token<const N: usize>(&mut self, into: &mut TextBuf<N>, separator: u8) -> Result<()> {
        into.clear();
        let mut fits = true;
        while !self.ended {
            match self.byte()? {
                None | Some(b'\n') => self.ended = true,
                Some(byte) if byte == separator => break,
                Some(byte) => fits = fits && into.push(&[byte]).is_ok(),
            }
        }
        if !fits {
            into.clear();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Fill for &[u8] {
        fn fill(&mut self, into: &mut [u8]) -> Result<usize> {
            // Few bytes at a time, so that every border is met.
            let length = self.len().min(3).min(into.len());
            into[..length].copy_from_slice(&self[..length]);
            *self = &self[length..];
            Ok(length)
        }
    }

    const PASSWD: &[u8] = b"root:x:0:0:root:/root:/bin/sh\n\n# comment\nbin:x:1:1::/bin\nbroken:x:12x:5::/b\n\
        over:x:4294967296:5::/b\ngid:x:7:-1::/g\nann:x:1000:100:A, B:/home/ann:/bin/sh\n\
        twin:x:1000:9::/home/twin\nlast:x:9:9::/l";
    const GROUP: &[u8] = b"root:x:0:\nwheel:x:10:root,ann\nannex:x:11:annex,joann\nusers:x:100:ann\n\
        bad:x:1x:zoe\naudio:x:29:bin,ann";

    fn user(text: &str) -> Result<Option<(u32, u32, Vec<u8>)>> {
        let found = user_in(&mut Scanner::new(PASSWD), Who::of(text.as_bytes())?)?;
        Ok(found.map(|entry| (entry.user.uid, entry.user.gid, entry.home.as_bytes().to_vec())))
    }

    #[test]
    fn a_user_is_found_by_name_or_number() {
        assert_eq!(user("root").unwrap(), Some((0, 0, b"/root".to_vec())));
        assert_eq!(user("0").unwrap(), Some((0, 0, b"/root".to_vec())));
        assert_eq!(user("bin").unwrap(), Some((1, 1, b"/bin".to_vec())));
        assert_eq!(user("1000").unwrap(), Some((1000, 100, b"/home/ann".to_vec())));
        assert_eq!(user("twin").unwrap(), Some((1000, 9, b"/home/twin".to_vec())));
        assert_eq!(user("last").unwrap(), Some((9, 9, b"/l".to_vec())));
        assert_eq!(user("nobody").unwrap(), None);
        assert_eq!(user("4294967294").unwrap(), None);
    }

    #[test]
    fn what_is_odd_is_an_error_and_never_another_id() {
        #[rustfmt::skip]
        let odd = [
            "", "4294967295", "4294967296", "18446744073709551616", "99999999999999999999", "1000x", "+5", "-1", " 1",
            "1 ", "0x10", "1000:", ":", "a b", "ann\t", "a,b", "a:b", "\u{7f}x", "broken", "over", "gid", "12x",
        ];
        for text in odd {
            assert!(user(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn groups_are_found_by_name_and_by_member() {
        let group = |name: &str| group_in(&mut Scanner::new(GROUP), name.as_bytes());
        assert_eq!(group("wheel").unwrap(), Some(10));
        assert_eq!(group("audio").unwrap(), Some(29));
        assert_eq!(group("none").unwrap(), None);
        assert!(group("bad").is_err());
        let mut groups = Groups::new();
        groups_of(&mut Scanner::new(GROUP), b"ann", &mut groups).unwrap();
        assert_eq!(groups.as_slice(), [10, 100, 29]);
        assert!(groups_of(&mut Scanner::new(GROUP), b"zoe", &mut groups).is_err());
    }

    #[test]
    fn long_lines_and_names_are_passed_over() {
        let long =
            [b"x".repeat(100_000), b":x:5:5::/\nann:x:6:6::/".to_vec(), b"h".repeat(2000), b"\n".to_vec()].concat();
        let found = user_in(&mut Scanner::new(&long[..]), Who::Name(b"ann")).unwrap().unwrap();
        assert_eq!((found.user.uid, found.home.as_bytes()), (6, &b""[..]));
        let members = [b"g:x:7:".to_vec(), b"member,".repeat(50_000), b"ann\n".to_vec()].concat();
        let mut groups = Groups::new();
        groups_of(&mut Scanner::new(&members[..]), b"ann", &mut groups).unwrap();
        assert_eq!(groups.as_slice(), [7]);
    }

    #[test]
    fn a_file_without_end_is_an_error() {
        struct Endless;
        impl Fill for Endless {
            fn fill(&mut self, into: &mut [u8]) -> Result<usize> {
                into.fill(b'a');
                Ok(into.len())
            }
        }
        assert_eq!(user_in(&mut Scanner::new(Endless), Who::Id(0)).err().unwrap(), EFBIG);
    }
}
