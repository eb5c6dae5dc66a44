//! Who holds a device open, by what /proc says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use presently_core::call::{CallDevice, Program, Use};
use rustix::fs::{major, minor};

use super::loopback::{Mode, Writers, mode};

/// Where cameras are, and what is known of them.
#[derive(Clone, Debug)]
pub(super) struct Places {
    /// The devices' nodes.
    pub(super) nodes: PathBuf,
    /// What udev knows of devices.
    pub(super) udev: PathBuf,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Pictures come out of it.
    Camera,
    /// What one program writes into it another one reads: a virtual camera.
    /// Which of the two one is, the device does not tell.
    Loopback,
}

/// Every program that looks through one of the cameras. Blocks for some
/// milliseconds. `writers` is what is remembered from one look to the next.
///
/// Opens are not counted: a program that asks a camera what it can do opens
/// and closes it at once, and who is killed never closes.
pub(super) fn uses(places: &Places, writers: &mut Writers) -> std::io::Result<Vec<Use>> {
    let cameras: BTreeMap<u64, Kind> = fs::read_dir(&places.nodes)?
        .flatten()
        .filter(|entry| is_video(&entry.file_name()))
        .filter_map(|entry| entry.metadata().ok())
        .filter(|node| node.file_type().is_char_device())
        .filter_map(|node| Some((node.rdev(), kind(&places.udev, node.rdev())?)))
        .collect();
    let mut holders: BTreeMap<u64, BTreeMap<u32, Mode>> = BTreeMap::new();
    if !cameras.is_empty() {
        for process in fs::read_dir("/proc")?.flatten() {
            let number = process.file_name().to_str().and_then(|n| n.parse::<u32>().ok());
            let Some(number) = number else { continue };
            for (device, mode) in held(&process.path(), &cameras) {
                *holders.entry(device).or_default().entry(number).or_default() |= mode;
            }
        }
    }
    writers.retain(|device| holders.contains_key(device));
    let mut programs = BTreeSet::new();
    for (device, holders) in &holders {
        let viewers: Vec<u32> = match cameras.get(device) {
            Some(Kind::Loopback) => writers.viewers(*device, holders),
            _ => holders.iter().filter(|(_, mode)| mode.reads()).map(|(pid, _)| *pid).collect(),
        };
        let process = |pid: u32| Path::new("/proc").join(pid.to_string());
        programs.extend(viewers.into_iter().filter_map(|pid| program(&process(pid))));
    }
    Ok(programs.into_iter().map(|program| Use { device: CallDevice::Camera, program }).collect())
}

/// Whether a name in the folder of devices is a video device's.
pub(super) fn is_video(name: &std::ffi::OsStr) -> bool {
    let number = name.to_str().and_then(|name| name.strip_prefix("video"));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// What a node is, if one can look through it. A camera has other nodes, for
/// metadata; udev has asked each what it is. What udev does not know is taken
/// for a camera.
fn kind(udev: &Path, device: u64) -> Option<Kind> {
    let file = udev.join(format!("c{}:{}", major(device), minor(device)));
    fs::read_to_string(file).map_or(Some(Kind::Camera), |text| kind_by_udev(&text))
}

fn kind_by_udev(text: &str) -> Option<Kind> {
    let capabilities = text.lines().find_map(|line| line.strip_prefix("E:ID_V4L_CAPABILITIES="));
    let Some(capabilities) = capabilities else { return Some(Kind::Camera) };
    let has = |wanted| capabilities.split(':').any(|capability| capability == wanted);
    // One that hands out nothing yet (v4l2loopback's exclusive_caps) is
    // asked when it is made, and not again.
    match (has("capture"), has("video_output")) {
        (_, true) => Some(Kind::Loopback),
        (true, false) => Some(Kind::Camera),
        (false, false) => None,
    }
}

/// Which of the devices a process has open, and how. Of other users'
/// processes that is not told.
fn held(process: &Path, devices: &BTreeMap<u64, Kind>) -> Vec<(u64, Mode)> {
    let Ok(files) = fs::read_dir(process.join("fd")) else { return Vec::new() };
    let held = files.flatten().filter_map(|file| {
        // Only what has the name of a camera is looked at closely: to ask a
        // file of a network that is gone would block.
        let link = fs::read_link(file.path()).ok()?;
        link.file_name().filter(|name| is_video(name))?;
        let device = fs::metadata(file.path()).ok()?.rdev();
        devices.contains_key(&device).then(|| {
            let info = fs::read_to_string(process.join("fdinfo").join(file.file_name()));
            (device, mode(&info.unwrap_or_default()))
        })
    });
    held.collect()
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
        assert_eq!(kind_by_udev(camera), Some(Kind::Camera));
        for (capabilities, kind) in [
            (":", None),
            (":video_output:", Some(Kind::Loopback)),
            (":capture:video_output:", Some(Kind::Loopback)),
            (":capture:audio:", Some(Kind::Camera)),
            (":radio:", None),
        ] {
            let text = format!("E:ID_V4L_CAPABILITIES={capabilities}\n");
            assert_eq!(kind_by_udev(&text), kind, "{capabilities}");
        }
        assert_eq!(kind_by_udev("I:1\n"), Some(Kind::Camera), "not known");
    }
}
