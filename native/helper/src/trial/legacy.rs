//! The same births where newer system calls do not exist: openat2 (5.6), mount_setattr (5.12), the new mount calls.

use super::*;
use crate::errno::*;
use crate::number as nr;

fn plan(image: &Image) -> Birth {
    let mut birth = Birth::container(image);
    birth.mount("tmpfs", "/tmp", MS_NOSUID | MS_NODEV, &["size=64k", "mode=1777"]);
    birth.mkdirs("/link/made");
    birth.detach();
    birth.child(Op::Mount).text("").text("/tmp").text("").int((MS_BIND | MS_REMOUNT | MS_NOEXEC) as i64).texts(&[]);
    for path in ["/etc/one", "/etc/two", "/etc/dir", "/etc/dir2", "/proc/uptime"] {
        birth.child(Op::Mask).text(path).int(NULL as i64);
    }
    birth.child(Op::Readonly).text("/etc/ro");
    birth
}

const SCRIPT: &str = "cat /etc/one /etc/two /proc/uptime; ls /etc/dir /etc/dir2; \
    (echo x > /etc/ro/x) 2>/dev/null || echo no; ls -d /run/made; \
    grep ' /tmp ' /proc/self/mountinfo | cut -d' ' -f6; grep -c shared: /proc/self/mountinfo; true";

fn image(name: &str) -> Image {
    let image = Image::new(name);
    for directory in ["dir", "dir2", "ro"] {
        fs::create_dir_all(image.0.join("etc").join(directory)).unwrap();
        image.write(&format!("etc/{directory}/file"), "x");
    }
    image.write("etc/one", "secret");
    image.write("etc/two", "secret");
    image.link("/bin/../run", "link");
    image
}

#[test]
fn a_container_is_the_same_without_newer_calls() {
    if !is_root() {
        return;
    }
    let rows: [&[usize]; 5] = [
        &[],
        &[nr::OPENAT2],
        &[nr::MOUNT_SETATTR],
        &[nr::OPENAT2, nr::MOUNT_SETATTR],
        &[nr::OPENAT2, nr::MOUNT_SETATTR, nr::FSOPEN],
    ];
    for without in rows {
        // The last one could not cover directories: that is an error, and none is left uncovered.
        let image = image("legacy");
        let mut birth = plan(&image);
        birth.without = without.to_vec();
        let outcome = birth.sh(SCRIPT);
        if without.contains(&nr::FSOPEN) {
            assert_eq!(outcome.error(), ENOSYS);
            continue;
        }
        let wanted = "/etc/dir:\n\n/etc/dir2:\nno\n/run/made\nrw,nosuid,nodev,noexec,relatime\n0";
        assert_eq!(outcome.printed(), wanted, "{without:?}");
    }
}

#[test]
fn recursive_read_only_needs_mount_setattr() {
    if !is_root() {
        return;
    }
    let image = image("legacyrec");
    let mut birth = plan(&image);
    birth.without = vec![nr::MOUNT_SETATTR];
    let flags = MS_BIND | MS_REMOUNT | MS_RDONLY | MS_REC;
    birth.child(Op::Mount).text("").text("/tmp").text("").int(flags as i64).texts(&[]);
    assert_eq!(birth.sh("true").error(), ENOSYS);
}
