//! The pictures of the icons.

use std::collections::HashMap;

use tray_icon::Icon;

use super::TrayError;
use super::look::Look;

/// The tray's library takes one picture. This is the largest size of a panel's
/// icons, in pixels; smaller panels scale it down.
const SIZE: u32 = 48;

macro_rules! pictures {
    ($($name:literal)*) => {
        /// The files of `icons/tray`, by the names of [`Look::name`].
        const PICTURES: &[(&str, &[u8])] =
            &[$(($name, include_bytes!(concat!("../../../icons/tray/", $name, ".png")))),*];
    };
}

pictures! {
    "online" "online-manual" "online-calls-paused"
    "busy" "busy-manual" "busy-calls-paused"
    "unavailable" "unavailable-manual" "unavailable-calls-paused"
    "offline" "offline-manual" "offline-calls-paused"
    "unknown" "paused"
}

/// The icons, decoded once.
#[derive(Debug)]
pub(super) struct Icons(HashMap<&'static str, Icon>);

impl Icons {
    /// Decodes all pictures. Fails if one of them is not a picture of the
    /// expected size.
    pub(super) fn decode() -> Result<Self, TrayError> {
        let decoded = |(name, png): &(&'static str, &[u8])| match rgba(png) {
            Ok(icon) => Ok((*name, icon)),
            Err(why) => Err(TrayError::Icon(name, why)),
        };
        PICTURES.iter().map(decoded).collect::<Result<_, _>>().map(Self)
    }

    /// The picture for a look.
    pub(super) fn of(&self, look: Look) -> Option<Icon> {
        self.0.get(look.name().as_str()).cloned()
    }
}

/// Decodes a picture to 8 bits of red, green, blue and alpha, whatever depth
/// and colours the file has.
fn rgba(png: &[u8]) -> Result<Icon, String> {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
    decoder.set_transformations(
        png::Transformations::normalize_to_color8() | png::Transformations::ALPHA,
    );
    let mut reader = decoder.read_info().map_err(|e| e.to_string())?;
    let size = reader.output_buffer_size().ok_or("it is too large")?;
    let mut pixels = vec![0; size];
    let frame = reader.next_frame(&mut pixels).map_err(|e| e.to_string())?;
    if (frame.width, frame.height) != (SIZE, SIZE) {
        return Err(format!("it is {} by {} pixels", frame.width, frame.height));
    }
    pixels.truncate(frame.buffer_size());
    if frame.color_type == png::ColorType::GrayscaleAlpha {
        pixels = pixels.chunks_exact(2).flat_map(|p| [p[0], p[0], p[0], p[1]]).collect();
    }
    Icon::from_rgba(pixels, frame.width, frame.height).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_look_has_a_picture() {
        let icons = Icons::decode().expect("the icons of this program can be read");
        for look in Look::ALL {
            assert!(icons.of(look).is_some(), "{look:?}");
        }
        assert_eq!(PICTURES.len(), Look::ALL.len());
    }

    /// By their transparency alone, so that colours are not needed.
    #[test]
    fn every_look_has_its_own_shape() {
        let mut shapes = HashSet::new();
        for (name, file) in PICTURES {
            let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
            decoder.set_transformations(
                png::Transformations::normalize_to_color8() | png::Transformations::ALPHA,
            );
            let mut reader = decoder.read_info().expect("a picture");
            let mut pixels = vec![0; reader.output_buffer_size().expect("not too large")];
            let frame = reader.next_frame(&mut pixels).expect("a picture");
            let samples = frame.color_type.samples();
            let pixels = pixels[..frame.buffer_size()].chunks_exact(samples);
            let shape: Vec<u8> = pixels.filter_map(|pixel| pixel.last().copied()).collect();
            assert!(shapes.insert(shape), "{name} has the shape of another");
        }
    }
}
