//! Who holds a device open, by what /proc says.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;

use presently_core::call::{CallDevice, Program, Use};
use rustix::fs::{major, minor};

/// Where udev keeps what it knows of devices.
const UDEV: &str = "/run/udev/data";

/// Every program that holds one of the cameras in `folder` open. Blocks for
/// some milliseconds.
///
/// Opens are not counted: a program that asks a camera what it can do opens
/// and closes it at once, and who is killed never closes.
pub(super) fn uses(folder: &Path) -> std::io::Result<Vec<Use>> {
    let cameras: BTreeSet<u64> = fs::read_dir(folder)?
        .flatten()
        .filter(|entry| is_video(&entry.file_name()))
        .filter_map(|entry| entry.metadata().ok())
        .filter(|node| node.file_type().is_char_device() && captures(node.rdev()))
        .map(|node| node.rdev())
        .collect();
    if cameras.is_empty() {
        return Ok(Vec::new());
    }
    let mut programs = BTreeSet::new();
    for process in fs::read_dir("/proc")?.flatten() {
        let numbered = process.file_name().to_str().is_some_and(|n| n.parse::<u32>().is_ok());
        if numbered && holds(&process.path(), &cameras) {
            programs.extend(program(&process.path()));
        }
    }
    Ok(programs.into_iter().map(|program| Use { device: CallDevice::Camera, program }).collect())
}

/// Whether a name in the folder of devices is a video device's.
pub(super) fn is_video(name: &std::ffi::OsStr) -> bool {
    let number = name.to_str().and_then(|name| name.strip_prefix("video"));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// Whether pictures come out of a device. A camera has other nodes, for
/// metadata; udev has asked each what it is. What udev does not know is
/// taken for a camera.
fn captures(device: u64) -> bool {
    let file = Path::new(UDEV).join(format!("c{}:{}", major(device), minor(device)));
    fs::read_to_string(file).map_or(true, |text| captures_by_udev(&text))
}

fn captures_by_udev(text: &str) -> bool {
    let capabilities = text.lines().find_map(|line| line.strip_prefix("E:ID_V4L_CAPABILITIES="));
    capabilities.is_none_or(|capabilities| capabilities.split(':').any(|c| c == "capture"))
}

/// Whether a process has one of the devices open. Of other users' processes
/// that is not told.
fn holds(process: &Path, devices: &BTreeSet<u64>) -> bool {
    let Ok(files) = fs::read_dir(process.join("fd")) else { return false };
    files.flatten().any(|file| {
        // Only what has the name of a camera is looked at closely: to ask a
        // file of a network that is gone would block.
        let link = fs::read_link(file.path());
        link.is_ok_and(|target| target.file_name().is_some_and(is_video))
            && fs::metadata(file.path()).is_ok_and(|node| devices.contains(&node.rdev()))
    })
}

/// What a process is called. None of PipeWire's: for whom it holds a camera
/// [`crate::screen`] tells.
fn program(process: &Path) -> Option<Program> {
    let file = fs::read_link(process.join("exe")).ok();
    let binary = file
        .as_deref()
        .and_then(Path::file_name)
        .map(|name| name.to_string_lossy().trim_end_matches(" (deleted)").to_owned())
        .or_else(|| {
            let name = fs::read_to_string(process.join("comm")).ok()?;
            Some(name.trim().to_owned())
        });
    match binary.as_deref() {
        Some("pipewire" | "wireplumber") => None,
        _ => Some(Program { binary, ..Program::default() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_video_devices() {
        for (name, video) in [
            ("video0", true),
            ("video12", true),
            ("video", false),
            ("videodev", false),
            ("v4l-subdev0", false),
            ("null", false),
        ] {
            assert_eq!(is_video(name.as_ref()), video, "{name}");
        }
    }

    #[test]
    fn what_udev_says_of_a_node() {
        let camera = "I:1\nE:ID_V4L_VERSION=2\nE:ID_V4L_CAPABILITIES=:capture:\nG:seat\n";
        let metadata = "E:ID_V4L_CAPABILITIES=:\n";
        let output = "E:ID_V4L_CAPABILITIES=:video_output:\n";
        assert!(captures_by_udev(camera));
        assert!(!captures_by_udev(metadata));
        assert!(!captures_by_udev(output));
        assert!(captures_by_udev("I:1\n"), "not known");
    }
}
