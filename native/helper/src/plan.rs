//! A plan as bytes: the steps of a birth, as src/native/encode.ts writes them into a sealed memfd.
//!
//! It is checked whole before its first step is made (`check`): sizes, alignment, known operations, who makes them, the
//! bounds of every field, NULs, slots. After that nothing in it can lead out of its bytes. Reading it takes no memory:
//! a step is a view, its fields are read in their order.
//!
//! All numbers are little endian. The header has 64 bytes: `u32 magic, u16 version, u16 kind, u32 size, u32 steps, u32
//! slots, u32 flags, u64 pool_key, u32 prepaid`, then zeros. A step is a multiple of 8: `u16 op, u8 by, u8 bits, u32
//! length, u16 slot, u8 count, u8 0, u16 optional[4], u32 0`, then the fields that its operation has, each a multiple
//! of 8.

use core::ffi::CStr;

use crate::abi::*;
use crate::errno::{E2BIG, EINVAL, Errno, Result, fail};
use crate::sys::{self, Fd, Vector};

pub const MAGIC: u32 = 0x5842_5754;
pub const VERSION: u16 = 1;
/// The longest plan. Its bulk is argv and environment, of which execve(2) takes 6 MiB at most.
pub const SIZE_MAX: usize = 16 << 20;
/// The most slots that a plan has.
pub const SLOTS_MAX: usize = 4096;
const HEADER: usize = 64;
const RECORD: usize = 24;

/// Slots that every plan has.
pub mod slot {
    /// /proc of the supervisor, O_PATH.
    pub const PROC: usize = 0;
    /// The pidfd of the container's first process.
    pub const INIT: usize = 1;
    /// Three in a row.
    pub const STDIO: usize = 2;
    /// The directory of the v2 group.
    pub const CGROUP: usize = 5;
    pub const PID: usize = 6;
    pub const PTY: usize = 7;
    /// The first that a plan names itself.
    pub const FIRST: usize = 8;
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Create,
    Exec,
    Update,
    Visit,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum By {
    Runtime,
    Child,
}

#[derive(Clone, Copy, Debug)]
pub struct Header {
    pub kind: Kind,
    pub steps: u32,
    pub slots: u32,
    pub flags: u32,
    /// 0: such a plan has no pool.
    pub pool_key: u64,
    /// The first step after `clone` that a child of the pool has not made.
    pub prepaid: u32,
}

/// What a field is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    /// i64; also flags.
    Int,
    /// An index, or -1.
    Slot,
    /// u32 length, bytes, NUL, padding.
    Text,
    /// u32 length, u32 0, bytes, padding.
    Bytes,
    /// u32 count, u32 total, strings with their NULs, padding.
    Texts,
    /// u32 count, u32 0, i64 each.
    Ints,
    /// u32 count, u32 spare, count + spare + 1 offsets, then as in `Texts` the strings.
    Vector,
}
use Field::{Bytes, Int, Ints, Slot, Text, Texts};

/// Who may make a step.
const R: u8 = 1;
const C: u8 = 2;

/// One row for each operation: name, number, who, fields.
macro_rules! operations {
    ($($name:ident $number:literal $by:expr, [$($field:expr),*];)*) => {
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u16)]
        pub enum Op {
            $($name = $number,)*
        }

        fn shape(number: u16) -> Option<(Op, u8, &'static [Field])> {
            match number {
                $($number => Some((Op::$name, $by, &[$($field),*])),)*
                _ => None,
            }
        }
    };
}

operations! {
    Cgroup 1 R, [Text, Texts, Texts];
    Delegate 2 R, [Text, Text];
    Limit 3 R, [Text, Text, Text];
    DeviceProgram 4 R, [Bytes];
    Open 5 R, [Text];
    OpenTree 6 R | C, [Text, Int];
    Fsmount 7 R | C, [Text, Text, Texts, Int];
    Stdio 8 R, [Ints];
    Clone 9 R, [Int, Int, Ints];
    Maps 10 R, [Text, Text, Text, Int];
    Sync 11 C, [];
    Park 12 C, [];
    CloseFds 13 C, [];
    Dumpable 14 C, [Int];
    Pdeathsig 15 C, [Int];
    Keyring 16 C, [];
    Mount 17 C, [Text, Text, Text, Int, Texts];
    MoveMount 18 C, [Slot, Text];
    Mask 19 C, [Text, Slot];
    Readonly 20 C, [Text];
    Mkdirs 21 C, [Text, Int, Int];
    Mknod 22 C, [Text, Int, Int, Int, Int, Int, Int];
    Symlink 23 C, [Text, Text];
    Chdir 24 C, [Text];
    PivotRoot 25 C, [];
    Umount 26 C, [Text, Int];
    Unshare 27 C, [Int];
    Setns 28 C, [Text, Int];
    Sethostname 29 C, [Text];
    Setdomainname 30 C, [Text];
    Write 31 C, [Text, Text];
    Setsid 32 C, [];
    Console 33 C, [Int, Int, Int];
    Prlimit 34 C, [Int, Int, Int];
    Bounding 35 C, [Int];
    Keepcaps 36 C, [Int];
    Credentials 37 C, [Int, Int, Int, Ints, Text];
    Capset 38 C, [Int, Int, Int];
    Ambient 39 C, [Int];
    NoNewPrivs 40 C, [];
    Umask 41 C, [Int];
    Seccomp 42 C, [Int, Bytes];
    Loopback 43 C, [];
    Exec 44 C, [Field::Vector, Field::Vector];
    File 45 C, [Int, Text, Int];
    EnterRoot 46 C, [];
    Init 48 C, [];
}

/// A checked plan.
pub struct Plan {
    bytes: &'static mut [u8],
    header: Header,
}

impl Plan {
    /// Maps and checks the plan in a memfd, which must be sealed against any change. Does not close it.
    pub fn map(memfd: Fd) -> Result<Plan> {
        let wanted = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
        if sys::fcntl(memfd, F_GET_SEALS, 0)? & wanted != wanted {
            return fail(EINVAL);
        }
        let size = sys::fstat(memfd)?.size;
        if size < HEADER as u64 || size > SIZE_MAX as u64 {
            return fail(EINVAL);
        }
        Plan::new(sys::map_sealed(memfd, size as usize)?)
    }

    fn new(bytes: &'static mut [u8]) -> Result<Plan> {
        match check(bytes) {
            Ok(header) => Ok(Plan { bytes, header }),
            Err(error) => {
                sys::unmap(bytes);
                Err(error)
            }
        }
    }

    pub fn header(&self) -> &Header {
        &self.header
    }

    pub fn steps(&self) -> Steps<'_> {
        Steps { bytes: self.bytes, at: HEADER, index: 0, count: self.header.steps }
    }

    pub fn step(&self, index: u32) -> Option<Step<'_>> {
        self.steps().nth(index as usize)
    }

    /// The index of the `clone` step.
    pub fn clone_step(&self) -> Option<u32> {
        self.steps().find(|step| step.op == Op::Clone).map(|step| step.index)
    }

    /// Arguments and environment of the `exec` step, relocated where they are: the plan cannot be read afterwards.
    pub fn exec(&mut self, index: u32) -> Result<(Vector<'_>, Vector<'_>)> {
        let step = self.step(index).filter(|step| step.op == Op::Exec).ok_or(Errno::new(EINVAL))?;
        let mut fields = step.fields();
        let (arguments, environment) = (fields.vector()?, fields.vector()?);
        let (before, after) = self.bytes.split_at_mut_checked(environment.table).ok_or(Errno::new(EINVAL))?;
        Ok((arguments.relocate(before, 0)?, environment.relocate(after, environment.table)?))
    }

    /// The environment of an `exec` step, and how many more it has room for. Not after `exec`.
    pub fn environment(&self, step: &Step) -> Result<(Strings<'_>, usize)> {
        let mut fields = step.fields();
        fields.vector()?;
        let table = fields.vector()?;
        let bytes = self.bytes.get(table.strings..table.end).ok_or(Errno::new(EINVAL))?;
        Ok((Strings { bytes, left: table.count as u32 }, table.spare))
    }

    pub fn unmap(self) {
        sys::unmap(self.bytes);
    }
}

#[derive(Clone)]
pub struct Steps<'a> {
    bytes: &'a [u8],
    at: usize,
    index: u32,
    count: u32,
}

impl<'a> Iterator for Steps<'a> {
    type Item = Step<'a>;

    fn next(&mut self) -> Option<Step<'a>> {
        if self.index == self.count {
            return None;
        }
        let step = Step::read(self.bytes, self.at, self.index).ok()?;
        self.at = step.end;
        self.index += 1;
        Some(step)
    }
}

/// One step, as it lies in the plan.
#[derive(Clone, Copy)]
pub struct Step<'a> {
    pub index: u32,
    pub op: Op,
    pub by: By,
    /// It has to be taken back when a later step fails, or at the container's removal.
    pub undo: bool,
    /// Where its result goes.
    pub slot: Option<usize>,
    optional: [u16; 4],
    shape: &'static [Field],
    bytes: &'a [u8],
    start: usize,
    end: usize,
}

impl<'a> Step<'a> {
    fn read(bytes: &'a [u8], at: usize, index: u32) -> Result<Step<'a>> {
        let record = bytes.get(at..).and_then(|rest| rest.first_chunk::<RECORD>()).ok_or(Errno::new(EINVAL))?;
        let half = |at: usize| u16::from_le_bytes([record[at], record[at + 1]]);
        let length = u32::from_le_bytes([record[4], record[5], record[6], record[7]]) as usize;
        let (op, who, shape) = shape(half(0)).ok_or(Errno::new(EINVAL))?;
        let by = match record[2] {
            0 if who & R != 0 => By::Runtime,
            1 if who & C != 0 => By::Child,
            _ => return fail(EINVAL),
        };
        let end = at.checked_add(length).filter(|end| *end <= bytes.len()).ok_or(Errno::new(EINVAL))?;
        let (bits, count) = (record[3], record[10]);
        if length < RECORD || length % 8 != 0 || bits > 1 || count > 4 || record[11] != 0 || record[20..24] != [0; 4] {
            return fail(EINVAL);
        }
        let mut optional = [half(12), half(14), half(16), half(18)];
        for errno in optional.iter_mut().skip(count as usize) {
            *errno = 0;
        }
        let slot = (half(8) != u16::MAX).then_some(half(8) as usize);
        Ok(Step { index, op, by, undo: bits == 1, slot, optional, shape, bytes, start: at + RECORD, end })
    }

    /// Whether this error means "not here", and is no failure.
    pub fn tolerates(&self, error: Errno) -> bool {
        self.optional.iter().any(|errno| *errno != 0 && *errno as i32 == error.code())
    }

    pub fn fields(&self) -> Fields<'a> {
        Fields { bytes: self.bytes, at: self.start, end: self.end }
    }
}

/// The fields of a step, each read once in its order. A plan that was checked has no errors here.
pub struct Fields<'a> {
    bytes: &'a [u8],
    at: usize,
    end: usize,
}

impl<'a> Fields<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let end = self.at.checked_add(length).filter(|end| *end <= self.end).ok_or(Errno::new(EINVAL))?;
        let taken = self.bytes.get(self.at..end).ok_or(Errno::new(EINVAL))?;
        self.at = end;
        Ok(taken)
    }

    fn word(&mut self) -> Result<u32> {
        let bytes = self.take(4)?;
        bytes.first_chunk().map(|chunk| u32::from_le_bytes(*chunk)).ok_or(Errno::new(EINVAL))
    }

    /// Up to the next multiple of 8: zeros.
    fn pad(&mut self) -> Result<()> {
        let padding = self.take(self.at.wrapping_neg() % 8)?;
        if padding.iter().any(|byte| *byte != 0) { fail(EINVAL) } else { Ok(()) }
    }

    pub fn int(&mut self) -> Result<i64> {
        let bytes = self.take(8)?;
        bytes.first_chunk().map(|chunk| i64::from_le_bytes(*chunk)).ok_or(Errno::new(EINVAL))
    }

    pub fn flags(&mut self) -> Result<u64> {
        self.int().map(|value| value as u64)
    }

    /// An integer that must be a u32: an id, a mode, a number.
    pub fn small(&mut self) -> Result<u32> {
        u32::try_from(self.int()?).map_err(|_| Errno::new(EINVAL))
    }

    /// An integer that must be a u16: columns or rows.
    pub fn size(&mut self) -> Result<u16> {
        u16::try_from(self.int()?).map_err(|_| Errno::new(EINVAL))
    }

    /// An index into the slots, if there is one.
    pub fn slot(&mut self) -> Result<Option<usize>> {
        match self.int()? {
            -1 => Ok(None),
            index => usize::try_from(index).map(Some).map_err(|_| Errno::new(EINVAL)),
        }
    }

    pub fn text(&mut self) -> Result<&'a CStr> {
        let length = self.word()? as usize;
        let bytes = self.take(length.checked_add(1).ok_or(Errno::new(EINVAL))?)?;
        self.pad()?;
        CStr::from_bytes_with_nul(bytes).map_err(|_| Errno::new(EINVAL))
    }

    pub fn bytes(&mut self) -> Result<&'a [u8]> {
        let length = self.word()? as usize;
        if self.word()? != 0 {
            return fail(EINVAL);
        }
        let bytes = self.take(length)?;
        self.pad()?;
        Ok(bytes)
    }

    pub fn texts(&mut self) -> Result<Strings<'a>> {
        let count = self.word()?;
        let total = self.word()? as usize;
        let bytes = self.take(total)?;
        self.pad()?;
        Ok(Strings { bytes, left: count })
    }

    pub fn ints(&mut self) -> Result<Numbers<'a>> {
        let count = self.word()? as usize;
        if self.word()? != 0 {
            return fail(EINVAL);
        }
        let bytes = self.take(count.checked_mul(8).ok_or(Errno::new(EINVAL))?)?;
        Ok(Numbers { bytes })
    }

    fn vector(&mut self) -> Result<Table> {
        let count = self.word()? as usize;
        let spare = self.word()? as usize;
        let words = count.checked_add(spare).and_then(|sum| sum.checked_add(1)).ok_or(Errno::new(EINVAL))?;
        let table = self.at;
        self.take(words.checked_mul(8).ok_or(Errno::new(EINVAL))?)?;
        let strings = self.at;
        let before = self.bytes;
        for n in 0..count {
            let place = table + 8 * n;
            let offset =
                before.get(place..).and_then(|rest| rest.first_chunk()).map_or(0, |it| u64::from_le_bytes(*it));
            // The strings lie one after the other, so that where each ends is known.
            if offset != self.at as u64 {
                return fail(EINVAL);
            }
            let rest = self.bytes.get(self.at..self.end).ok_or(Errno::new(EINVAL))?;
            let length = rest.iter().position(|byte| *byte == 0).ok_or(Errno::new(EINVAL))?;
            self.take(length + 1)?;
        }
        let end = self.at;
        self.pad()?;
        let unused = before.get(table + 8 * count..strings).ok_or(Errno::new(EINVAL))?;
        if unused.iter().any(|byte| *byte != 0) {
            return fail(EINVAL);
        }
        Ok(Table { count, spare, table, strings, end })
    }
}

/// Where a vector lies in the plan.
struct Table {
    count: usize,
    spare: usize,
    table: usize,
    strings: usize,
    end: usize,
}

impl Table {
    /// In `bytes`, which begin at `start` of the plan.
    fn relocate<'a>(&self, bytes: &'a mut [u8], start: usize) -> Result<Vector<'a>> {
        let bytes = bytes.get_mut(self.table - start..self.end - start).ok_or(Errno::new(EINVAL))?;
        let (table, strings) = bytes.split_at_mut_checked(self.strings - self.table).ok_or(Errno::new(EINVAL))?;
        Vector::relocate(table, self.count, strings, self.strings)
    }
}

/// Strings that lie one after the other.
#[derive(Clone, Default)]
pub struct Strings<'a> {
    bytes: &'a [u8],
    left: u32,
}

impl Strings<'_> {
    pub fn len(&self) -> usize {
        self.left as usize
    }

    pub fn is_empty(&self) -> bool {
        self.left == 0
    }
}

impl<'a> Iterator for Strings<'a> {
    type Item = &'a CStr;

    fn next(&mut self) -> Option<&'a CStr> {
        self.left = self.left.checked_sub(1)?;
        let string = CStr::from_bytes_until_nul(self.bytes).ok()?;
        self.bytes = self.bytes.get(string.count_bytes() + 1..)?;
        Some(string)
    }
}

#[derive(Clone, Copy)]
pub struct Numbers<'a> {
    bytes: &'a [u8],
}

impl<'a> Numbers<'a> {
    pub fn len(&self) -> usize {
        self.bytes.len() / 8
    }

    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub fn get(&self, n: usize) -> Option<i64> {
        self.bytes.get(n.checked_mul(8)?..)?.first_chunk().map(|chunk| i64::from_le_bytes(*chunk))
    }

    pub fn iter(&self) -> impl Iterator<Item = i64> + 'a {
        self.bytes.chunks_exact(8).filter_map(|chunk| chunk.first_chunk().map(|chunk| i64::from_le_bytes(*chunk)))
    }
}

/// Everything that can be wrong with a plan, before anything is done.
fn check(bytes: &[u8]) -> Result<Header> {
    let header = check_header(bytes)?;
    let (mut at, mut clones, mut child) = (HEADER, 0, false);
    for index in 0..header.steps {
        let step = Step::read(bytes, at, index)?;
        check_fields(&step, header.slots)?;
        at = step.end;
        clones += (step.op == Op::Clone) as u32;
        // Nothing is done in a child that still holds what the supervisor has open.
        if step.by == By::Child && !child && step.op != Op::CloseFds {
            return fail(EINVAL);
        }
        child |= step.by == By::Child;
    }
    let clones_wanted = (header.kind != Kind::Update) as u32;
    if at != bytes.len() || clones != clones_wanted || (child && clones == 0) || header.prepaid > header.steps {
        return fail(EINVAL);
    }
    Ok(header)
}

fn check_header(bytes: &[u8]) -> Result<Header> {
    let start = bytes.first_chunk::<HEADER>().ok_or(Errno::new(EINVAL))?;
    let half = |at: usize| u16::from_le_bytes([start[at], start[at + 1]]);
    let word = |at: usize| half(at) as u32 | (half(at + 2) as u32) << 16;
    let kind = match half(6) {
        1 => Kind::Create,
        2 => Kind::Exec,
        3 => Kind::Update,
        4 => Kind::Visit,
        _ => return fail(EINVAL),
    };
    let header = Header {
        kind,
        steps: word(12),
        slots: word(16),
        flags: word(20),
        pool_key: word(24) as u64 | (word(28) as u64) << 32,
        prepaid: word(32),
    };
    let right = word(0) == MAGIC && half(4) == VERSION && word(8) as usize == bytes.len() && bytes.len() <= SIZE_MAX;
    if !right || start[36..] != [0; HEADER - 36] {
        return fail(EINVAL);
    }
    if header.slots as usize > SLOTS_MAX {
        return fail(E2BIG);
    }
    if (header.slots as usize) < slot::FIRST { fail(EINVAL) } else { Ok(header) }
}

fn check_fields(step: &Step, slots: u32) -> Result<()> {
    if step.slot.is_some_and(|slot| slot >= slots as usize) {
        return fail(EINVAL);
    }
    let mut fields = step.fields();
    for field in step.shape {
        match field {
            Field::Int => {
                fields.int()?;
            }
            Field::Slot => {
                if fields.slot()?.is_some_and(|slot| slot >= slots as usize) {
                    return fail(EINVAL);
                }
            }
            Field::Text => {
                fields.text()?;
            }
            Field::Bytes => {
                fields.bytes()?;
            }
            Field::Texts => {
                let mut strings = fields.texts()?;
                while !strings.is_empty() {
                    strings.next().ok_or(Errno::new(EINVAL))?;
                }
                if !strings.bytes.is_empty() {
                    return fail(EINVAL);
                }
            }
            Field::Ints => {
                fields.ints()?;
            }
            Field::Vector => {
                fields.vector()?;
            }
        }
    }
    if fields.at == step.end { Ok(()) } else { fail(EINVAL) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::Encoder;

    /// A plan with every kind of field and a good part of the operations.
    fn sample() -> Vec<u8> {
        let mut plan = Encoder::new();
        plan.runtime(Op::Cgroup).text("/sys/fs/cgroup/x").texts(&["memory", "pids"]).texts(&["/a", "/b"]).result(5);
        plan.runtime(Op::DeviceProgram).blob(&[1; 24]);
        plan.runtime(Op::OpenTree).text("/root").int(1).result(8);
        plan.runtime(Op::Stdio).ints(&[0, 1, 2]).result(2);
        plan.runtime(Op::Clone).int(0x20000000).int(1).ints(&[1, 0x20000000]).result(6);
        plan.child(Op::CloseFds);
        let data = ["hidepid=2", "gid=5"];
        plan.child(Op::Mount).text("proc").text("/proc").text("proc").int(14).texts(&data).optional(2).optional(20);
        plan.child(Op::MoveMount).int(8).text("");
        plan.child(Op::Credentials).int(0).int(1000).int(1000).ints(&[4, 5, 6]).text("");
        plan.child(Op::Seccomp).int(0).blob(&[6, 0, 0, 0, 0, 0, 0xff, 0x7f]);
        plan.child(Op::Exec).vector(&["sh", "-c", "exit 0"], 0).vector(&["PATH=/bin", "A=1"], 1);
        plan.finish(1, 9)
    }

    #[test]
    fn a_plan_is_read_as_it_was_written() {
        let bytes = sample();
        let plan = Plan::new(bytes.leak()).unwrap();
        assert_eq!((plan.header().kind, plan.header().steps, plan.header().slots), (Kind::Create, 11, 9));
        assert_eq!(plan.clone_step(), Some(4));
        let cgroup = plan.step(0).unwrap();
        assert_eq!((cgroup.op, cgroup.by, cgroup.slot), (Op::Cgroup, By::Runtime, Some(5)));
        let mut fields = cgroup.fields();
        assert_eq!(fields.text().unwrap(), c"/sys/fs/cgroup/x");
        assert_eq!(fields.texts().unwrap().collect::<Vec<_>>(), [c"memory", c"pids"]);
        assert_eq!(fields.texts().unwrap().map(|it| it.to_bytes().len()).sum::<usize>(), 4);
        let mount = plan.step(6).unwrap();
        assert!(mount.tolerates(Errno::new(2)) && mount.tolerates(Errno::new(20)) && !mount.tolerates(Errno::new(1)));
        let mut fields = plan.step(8).unwrap().fields();
        assert_eq!((fields.int().unwrap(), fields.small().unwrap(), fields.small().unwrap()), (0, 1000, 1000));
        assert_eq!(fields.ints().unwrap().iter().collect::<Vec<_>>(), [4, 5, 6]);
        let exec = plan.step(10).unwrap();
        let (environment, spare) = plan.environment(&exec).unwrap();
        assert_eq!((environment.collect::<Vec<_>>(), spare), (vec![c"PATH=/bin", c"A=1"], 1));
    }

    #[test]
    fn argv_and_environment_are_relocated_where_they_are() {
        let mut plan = Plan::new(sample().leak()).unwrap();
        let (arguments, mut environment) = plan.exec(10).unwrap();
        assert_eq!((0..3).map(|n| arguments.get(n).unwrap()).collect::<Vec<_>>(), [c"sh", c"-c", c"exit 0"]);
        assert!(arguments.get(3).is_none());
        environment.push(c"HOME=/").unwrap();
        assert_eq!((environment.len(), environment.get(2).unwrap()), (3, c"HOME=/"));
        assert_eq!(environment.push(c"MORE=1").unwrap_err(), E2BIG);
    }

    #[test]
    fn a_bad_plan_is_refused_whole() {
        type Change = fn(&mut Vec<u8>);
        let rows: &[(&str, Change)] = &[
            ("no bytes", |plan| plan.clear()),
            ("half a header", |plan| plan.truncate(40)),
            ("magic", |plan| plan[0] ^= 1),
            ("version", |plan| plan[4] = 2),
            ("no kind", |plan| plan[6] = 0),
            ("unknown kind", |plan| plan[6] = 9),
            ("size too small", |plan| plan[8] -= 8),
            ("size too large", |plan| plan[8] += 8),
            ("cut", |plan| plan.truncate(plan.len() - 8)),
            ("too few steps", |plan| plan[12] -= 1),
            ("too many steps", |plan| plan[12] += 1),
            ("4 billion steps", |plan| plan[12..16].fill(0xff)),
            ("too few slots", |plan| plan[16] = 7),
            ("too many slots", |plan| plan[18] = 1),
            ("a slot out of the table", |plan| plan[16] = 8),
            ("prepaid behind the end", |plan| plan[32] = 99),
            ("rest of the header", |plan| plan[63] = 1),
            ("unknown operation", |plan| plan[64] = 47),
            ("operation 0", |plan| plan[64] = 0),
            ("by nobody", |plan| plan[66] = 2),
            ("by the wrong one", |plan| plan[66] = 1),
            ("unknown bits", |plan| plan[67] = 2),
            ("length 0", |plan| plan[68] = 0),
            ("length odd", |plan| plan[68] += 1),
            ("length huge", |plan| plan[68..72].fill(0xff)),
            ("result in no slot", |plan| plan[72..74].copy_from_slice(&[9, 0])),
            ("five optional errnos", |plan| plan[74] = 5),
            ("reserved byte", |plan| plan[75] = 1),
            ("reserved word", |plan| plan[84] = 1),
            ("text too long", |plan| plan[88] += 1),
            ("text too short", |plan| plan[88] -= 1),
            ("text huge", |plan| plan[88..92].fill(0xff)),
            ("NUL in a text", |plan| plan[93] = 0),
            ("no NUL behind a text", |plan| plan[92 + 16] = b'x'),
            ("padding", |plan| plan[92 + 17] = 1),
            ("more strings than there are", |plan| plan[112] = 3),
            ("fewer strings than there are", |plan| plan[112] = 1),
        ];
        for (what, change) in rows {
            let mut bytes = sample();
            assert!(check(&bytes).is_ok());
            change(&mut bytes);
            assert!(check(&bytes).is_err(), "{what}");
        }
    }

    #[test]
    fn a_vector_cannot_point_out_of_its_strings() {
        let bytes = sample();
        let header = 3u64.to_le_bytes();
        let table = bytes.windows(16).rposition(|it| it[..8] == header && it[8..12] != [0; 4]).unwrap();
        let offsets = [(8, 0u64), (8, u64::MAX), (16, 8), (24, 1 << 40), (32, 1)];
        let counts = [(0, 4), (0, 2), (0, u64::MAX), (0, 3 | 1 << 32)];
        for (at, value) in offsets.into_iter().chain(counts) {
            let mut bytes = bytes.clone();
            bytes[table + at..table + at + 8].copy_from_slice(&value.to_le_bytes());
            assert!(check(&bytes).is_err(), "{at} {value}");
        }
    }

    #[test]
    fn a_child_closes_descriptors_first_and_is_cloned_once() {
        let plan = |ops: &[(Op, u8)], kind| {
            let mut plan = Encoder::new();
            for (op, by) in ops {
                plan.step(*op, *by);
                if *op == Op::Clone {
                    plan.int(0).int(0).ints(&[]);
                }
            }
            check(&plan.finish(kind, 8)).is_ok()
        };
        assert!(plan(&[(Op::Clone, 0), (Op::CloseFds, 1), (Op::Setsid, 1)], 1));
        assert!(!plan(&[(Op::Clone, 0), (Op::Setsid, 1)], 1));
        assert!(!plan(&[(Op::CloseFds, 1)], 1));
        assert!(!plan(&[(Op::Clone, 0), (Op::Clone, 0)], 1));
        assert!(!plan(&[(Op::Clone, 0)], 3));
        assert!(plan(&[], 3));
    }

    /// Reads all that a plan has, as the supervisor and the child would.
    fn read_everything(bytes: &[u8], header: &Header) -> usize {
        let steps = Steps { bytes, at: HEADER, index: 0, count: header.steps };
        let mut seen = 0;
        for step in steps {
            let mut fields = step.fields();
            for field in step.shape {
                seen += match field {
                    Field::Int => fields.int().unwrap() as usize & 1,
                    Field::Slot => fields.slot().unwrap().map_or(0, |slot| slot),
                    Field::Text => fields.text().unwrap().count_bytes(),
                    Field::Bytes => fields.bytes().unwrap().len(),
                    Field::Texts => fields.texts().unwrap().map(|text| text.count_bytes()).sum(),
                    Field::Ints => fields.ints().unwrap().iter().count(),
                    Field::Vector => fields.vector().unwrap().count,
                };
            }
        }
        seen
    }

    #[test]
    fn no_mutation_leads_out_of_the_plan() {
        let base = sample();
        let mut state = 0x9e37_79b9_7f4a_7c15u64;
        let mut random = |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) as usize % below
        };
        let odd = [0u8, 1, 2, 7, 8, 0x10, 0x7f, 0x80, 0xfe, 0xff];
        let (mut good, mut executed) = (0, 0);
        for _ in 0..200_000 {
            let mut bytes = base.clone();
            for _ in 0..=random(3) {
                let at = random(bytes.len());
                match random(4) {
                    0 => bytes[at] ^= 1 << random(8),
                    1 => bytes[at] = odd[random(odd.len())],
                    2 => {
                        let word = at & !3;
                        let values = [0u32, 1, 0xffff_ffff, 0x7fff_ffff, bytes.len() as u32, random(4096) as u32];
                        let value = values[random(6)];
                        bytes[word..word + 4].copy_from_slice(&value.to_le_bytes());
                    }
                    _ => {
                        let length = random(bytes.len() / 8 + 2) * 8;
                        if random(8) == 0 && length >= 64 {
                            bytes.resize(length, 0);
                            bytes[8..12].copy_from_slice(&(length as u32).to_le_bytes());
                        }
                    }
                }
            }
            let Ok(header) = check(&bytes) else { continue };
            good += 1;
            read_everything(&bytes, &header);
            if executed < 2000 {
                executed += 1;
                let mut plan = Plan::new(bytes.leak()).unwrap();
                for index in 0..header.steps {
                    if plan.step(index).is_some_and(|step| step.op == Op::Exec) {
                        let (arguments, environment) = plan.exec(index).unwrap();
                        (0..arguments.len()).for_each(|n| assert!(arguments.get(n).is_some()));
                        (0..environment.len()).for_each(|n| assert!(environment.get(n).is_some()));
                        break;
                    }
                }
            }
        }
        // Flags and texts may be anything, so some mutations stay good.
        assert!(good > 1000, "{good}");
    }
}
