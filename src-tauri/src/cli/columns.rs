//! Alignment of texts in columns of terminal cells.

use unicode_width::UnicodeWidthStr;

/// The width of the widest text, in terminal cells.
pub(super) fn widest<'a>(texts: impl IntoIterator<Item = &'a str>) -> usize {
    texts.into_iter().map(UnicodeWidthStr::width).max().unwrap_or(0)
}

/// The text padded with spaces to this many terminal cells.
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
