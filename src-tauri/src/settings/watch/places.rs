//! The locations that a path depends on, link by link.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

/// The maximum number of links, as in the kernel. More are taken for a loop.
const LINKS: usize = 40;

/// An entry in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) folder: PathBuf,
    pub(super) name: OsString,
}

/// The entries that determine where a path leads: each symbolic link on the
/// way, then the target. If something is missing, its entry is the last.
pub(super) fn places(path: &Path) -> Vec<Place> {
    let mut places = Vec::new();
    let mut folder = PathBuf::from("/");
    let mut left: VecDeque<OsString> = names(path).collect();
    while let Some(name) = left.pop_front() {
        if name == ".." {
            folder.pop();
            continue;
        }
        let path = folder.join(&name);
        match path.read_link() {
            Ok(target) => {
                places.push(Place { folder: folder.clone(), name });
                if places.len() > LINKS {
                    break;
                }
                if target.is_absolute() {
                    folder = PathBuf::from("/");
                }
                left = names(&target).chain(left).collect();
            }
            Err(_) if left.is_empty() || !path.exists() => {
                places.push(Place { folder, name });
                break;
            }
            Err(_) => folder = path,
        }
    }
    places
}

fn names(path: &Path) -> impl Iterator<Item = OsString> {
    path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::CurDir | Component::RootDir | Component::Prefix(_) => None,
    })
}
