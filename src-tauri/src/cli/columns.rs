//! Texts below each other, by the cells that they take in a terminal.

use unicode_width::UnicodeWidthStr;

/// How many cells the widest takes.
pub(super) fn widest<'a>(texts: impl IntoIterator<Item = &'a str>) -> usize {
    texts.into_iter().map(UnicodeWidthStr::width).max().unwrap_or(0)
}

/// The text with spaces after it, up to so many cells.
pub(super) fn pad(text: &str, cells: usize) -> String {
    let missing = cells.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(missing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_letters_take_two_cells_and_accents_none() {
        let names = ["@me:a", "@日本:a", "@jose\u{301}:a"];
        assert_eq!(widest(names), 7);
        let padded = names.map(|name| pad(name, 8));
        assert_eq!(padded, ["@me:a   ", "@日本:a ", "@jose\u{301}:a "]);
    }
}
