//! The pictures, one for each state, told apart by shape as well as colour.

use tray_icon::Icon;

use super::TrayError;
use super::view::Look;

/// The icons, decoded once.
#[derive(Debug)]
pub(super) struct Icons([Icon; 5]);

impl Icons {
    pub(super) fn decode() -> Result<Self, TrayError> {
        let [online, busy, unavailable, offline, unknown] = Look::ALL.map(picture);
        Ok(Self([online?, busy?, unavailable?, offline?, unknown?]))
    }

    pub(super) fn of(&self, look: Look) -> Icon {
        self.0[look as usize].clone()
    }
}

/// The tray takes one size: 44 pixels, which is twice a panel's 22.
fn picture(look: Look) -> Result<Icon, TrayError> {
    let (name, png): (_, &[u8]) = match look {
        Look::Online => ("online", include_bytes!("../../../icons/tray/online-44.png")),
        Look::Busy => ("busy", include_bytes!("../../../icons/tray/busy-44.png")),
        Look::Unavailable => {
            ("unavailable", include_bytes!("../../../icons/tray/unavailable-44.png"))
        }
        Look::Offline => ("offline", include_bytes!("../../../icons/tray/offline-44.png")),
        Look::Unknown => ("unknown", include_bytes!("../../../icons/tray/unknown-44.png")),
    };
    rgba(png).map_err(|why| TrayError::Icon(name, why))
}

/// Whatever depth and colours the file has, the tray takes 8 bits of red,
/// green, blue and alpha.
fn rgba(png: &[u8]) -> Result<Icon, String> {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
    decoder.set_transformations(
        png::Transformations::normalize_to_color8() | png::Transformations::ALPHA,
    );
    let mut reader = decoder.read_info().map_err(|e| e.to_string())?;
    let size = reader.output_buffer_size().ok_or("it is too large")?;
    let mut pixels = vec![0; size];
    let frame = reader.next_frame(&mut pixels).map_err(|e| e.to_string())?;
    pixels.truncate(frame.buffer_size());
    if frame.color_type == png::ColorType::GrayscaleAlpha {
        pixels = pixels.chunks_exact(2).flat_map(|p| [p[0], p[0], p[0], p[1]]).collect();
    }
    Icon::from_rgba(pixels, frame.width, frame.height).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_its_picture() {
        Icons::decode().expect("the icons of this program can be read");
    }
}
