//! The pictures of the icons, and the names of those that are installed.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::TrayError;
use super::look::Look;

/// The sizes of each icon, in pixels: those of panels, and twice the small
/// ones for dense displays. Each is drawn for itself.
const SIZES: [u32; 5] = [16, 22, 24, 32, 48];

macro_rules! pictures {
    ($($name:literal)*) => {
        /// The files of `icons/tray`, by the names of [`Look::name`].
        const PICTURES: &[(&str, [&[u8]; SIZES.len()])] = &[$(($name, [
            include_bytes!(concat!("../../../icons/tray/", $name, "-16.png")),
            include_bytes!(concat!("../../../icons/tray/", $name, "-22.png")),
            include_bytes!(concat!("../../../icons/tray/", $name, "-24.png")),
            include_bytes!(concat!("../../../icons/tray/", $name, "-32.png")),
            include_bytes!(concat!("../../../icons/tray/", $name, "-48.png")),
        ])),*];
    };
}

pictures! {
    "online" "online-manual" "online-calls-paused"
    "busy" "busy-manual" "busy-calls-paused"
    "unavailable" "unavailable-manual" "unavailable-calls-paused"
    "offline" "offline-manual" "offline-calls-paused"
    "unknown" "paused"
}

/// An icon as a panel takes it.
#[derive(Clone, Debug, Default)]
pub(super) struct IconOf {
    /// In the theme; empty where it is not installed. A panel recolours the
    /// icon of this name as its own text, and takes the pictures where it
    /// knows no names.
    pub(super) name: String,
    /// In each size.
    pub(super) pictures: Vec<ksni::Icon>,
}

/// The icons, decoded once.
#[derive(Debug)]
pub(super) struct Icons(HashMap<String, IconOf>);

impl Icons {
    /// Decodes the pictures and looks for the installed icons below `data`,
    /// the folders of the XDG base directory specification.
    pub(super) fn load(data: &[PathBuf]) -> Result<Self, TrayError> {
        let of = |(name, files): &(&'static str, [&[u8]; SIZES.len()])| {
            let pictures = files.iter().map(|file| argb(file));
            let pictures = pictures.collect::<Result<_, _>>();
            let pictures = pictures.map_err(|why| TrayError::Icon(name, why))?;
            Ok(((*name).to_owned(), IconOf { name: installed(name, data), pictures }))
        };
        PICTURES.iter().map(of).collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn of(&self, look: Look) -> IconOf {
        self.0.get(&look.name()).cloned().unwrap_or_default()
    }
}

/// The name of a symbolic icon if a folder has it. A name that leads to no
/// icon would be shown as a broken one by some panels.
fn installed(name: &str, data: &[PathBuf]) -> String {
    let name = format!("presently-{name}-symbolic");
    let file = Path::new("icons/hicolor/symbolic/apps").join(format!("{name}.svg"));
    if data.iter().any(|folder| folder.join(&file).is_file()) { name } else { String::new() }
}

/// Decodes a picture to what StatusNotifierItem takes: 8 bits of alpha, red,
/// green and blue, whatever the file has.
fn argb(png: &[u8]) -> Result<ksni::Icon, String> {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
    decoder.set_transformations(
        png::Transformations::normalize_to_color8() | png::Transformations::ALPHA,
    );
    let mut reader = decoder.read_info().map_err(|e| e.to_string())?;
    let size = reader.output_buffer_size().ok_or("it is too large")?;
    let mut pixels = vec![0; size];
    let frame = reader.next_frame(&mut pixels).map_err(|e| e.to_string())?;
    pixels.truncate(frame.buffer_size());
    let data = match frame.color_type {
        png::ColorType::GrayscaleAlpha => {
            pixels.chunks_exact(2).flat_map(|p| [p[1], p[0], p[0], p[0]]).collect()
        }
        _ => pixels.chunks_exact(4).flat_map(|p| [p[3], p[0], p[1], p[2]]).collect(),
    };
    Ok(ksni::Icon { width: frame.width.cast_signed(), height: frame.height.cast_signed(), data })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_look_has_pictures_of_its_own_in_every_size() {
        let icons = Icons::load(&[]).expect("the icons of this program can be read");
        let mut seen = HashSet::new();
        for look in Look::ALL {
            let IconOf { name, pictures } = icons.of(look);
            assert_eq!(name, "", "nothing is installed");
            let sizes: Vec<_> = pictures.iter().map(|p| (p.width, p.height)).collect();
            assert_eq!(sizes, SIZES.map(|s| (s.cast_signed(), s.cast_signed())), "{look:?}");
            for picture in pictures {
                let shape: Vec<u8> = picture.data.chunks_exact(4).map(|pixel| pixel[0]).collect();
                assert!(seen.insert(shape), "{look:?} has the shape of another");
            }
        }
        assert_eq!(PICTURES.len(), Look::ALL.len());
    }

    #[test]
    fn every_look_has_a_symbolic_icon_that_is_found_where_it_is_installed() {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("icons/tray/symbolic");
        let data = tempfile::tempdir().expect("a folder");
        let apps = data.path().join("icons/hicolor/symbolic/apps");
        std::fs::create_dir_all(&apps).expect("writable");
        for look in Look::ALL {
            let file = format!("presently-{}-symbolic.svg", look.name());
            std::fs::copy(source.join(&file), apps.join(&file)).expect("it is there");
        }
        let none = PathBuf::from("/nonexistent");
        let icons = Icons::load(&[none, data.path().to_owned()]).expect("can be read");
        for look in Look::ALL {
            assert_eq!(icons.of(look).name, format!("presently-{}-symbolic", look.name()));
        }
    }
}
