//! Operations on a container's files.

use super::*;
use crate::errno::*;

fn visit(image: &Image, verb: i64, path: &str, mode: i64, input: &str) -> Outcome {
    let mut birth = Birth::container(image);
    birth.detach();
    birth.input = input.into();
    birth.child(Op::EnterRoot);
    birth.child(Op::File).int(verb).text(path).int(mode);
    birth.run()
}

#[test]
fn files_are_read_written_listed_and_removed_inside() {
    if !is_root() {
        return;
    }
    let image = Image::new("visit");
    image.write("etc/file", "text");
    image.link("/../../../../../../../etc/passwd", "etc/out");
    image.link("/proc/self/root/etc/file", "etc/magic");
    let run = |verb, path: &str| visit(&image, verb, path, 0o640, "");
    assert_eq!(run(1, "/etc/file").printed(), "text");
    assert_eq!(run(1, "/etc/out").error(), ENOENT);
    assert_eq!(run(1, "/etc/magic").error(), ELOOP);
    assert_eq!(run(1, "/etc").error(), EISDIR);
    assert_eq!(visit(&image, 2, "/etc/new", 0o640, "written text").printed(), "");
    assert_eq!(fs::read_to_string(image.0.join("etc/new")).unwrap(), "written text");
    assert_eq!(fs::metadata(image.0.join("etc/new")).unwrap().permissions().mode() & 0o7777, 0o640);
    assert_eq!(run(4, "/etc/made").printed(), "");
    let listed = run(3, "/etc");
    let mut names: Vec<&str> = listed.printed().split_terminator('\0').collect();
    names.sort();
    assert_eq!(names, ["file", "made", "magic", "new", "out"]);
    let stat = run(6, "/etc/new");
    let field = |n: usize| i64::from_le_bytes(stat.bytes[8 * n..8 * n + 8].try_into().unwrap());
    assert_eq!((stat.failed, stat.bytes.len()), (None, 40));
    assert_eq!([field(0), field(1), field(2), field(3)], [0o100640, 12, 0, 0]);
    assert!(field(4) > 1_600_000_000_000_000_000);
    assert_eq!(run(5, "/etc/made").printed(), "");
    assert_eq!(run(5, "/etc/out").printed(), "");
    assert_eq!(run(5, "/etc/none").error(), ENOENT);
    assert!(!image.0.join("etc/made").exists() && fs::symlink_metadata(image.0.join("etc/out")).is_err());
    assert_eq!(run(9, "/etc").error(), EINVAL);
}

#[test]
fn a_fifo_or_a_device_is_not_opened_for_data() {
    if !is_root() {
        return;
    }
    let image = Image::new("fifo");
    for (verb, kind) in [(1, S_IFIFO), (2, S_IFIFO), (1, S_IFCHR)] {
        let mut birth = Birth::container(&image);
        birth.child(Op::Mknod).text("/tmp/node").int(kind as i64).int(1).int(5).int(0o666).int(0).int(0);
        birth.detach();
        birth.child(Op::File).int(verb).text("/tmp/node").int(0o600);
        let error = birth.run().error();
        assert!([EINVAL, ENXIO].contains(&error), "{verb} {error}");
        fs::remove_file(image.0.join("tmp/node")).unwrap();
    }
}

#[test]
fn a_plan_without_an_end_fails() {
    if !is_root() {
        return;
    }
    let image = Image::new("endless");
    let birth = Birth::container(&image);
    assert_eq!(birth.run().error(), EINVAL);
}
