//! How many cells a text takes, and cutting it to fit.

use unicode_width::UnicodeWidthStr;

/// Returns how many cells the text takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// Cuts a text to at most `cells`, with an ellipsis where something is missing.
pub(crate) fn fit(text: &str, cells: usize) -> String {
    if text.width() <= cells {
        return text.to_owned();
    }
    if cells == 0 {
        return String::new();
    }
    let mut out = String::new();
    for c in text.chars() {
        out.push(c);
        if out.width() >= cells {
            if out.width() > cells - 1 {
                out.pop();
            }
            break;
        }
    }
    out.push('…');
    out
}

/// Cuts or fills a text to exactly `cells`.
pub(crate) fn pad(text: &str, cells: usize) -> String {
    let mut out = fit(text, cells);
    let missing = cells.saturating_sub(out.width());
    out.extend(std::iter::repeat_n(' ', missing));
    out
}

/// Breaks a text into lines of at most `cells` at blanks; words that are longer are cut.
pub(crate) fn wrap(text: &str, cells: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= cells => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(fit(word, cells)),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{fit, pad, wrap};

    #[test]
    fn a_wide_character_is_never_cut_in_half() {
        assert_eq!(fit("日本語", 6), "日本語");
        assert_eq!(fit("日本語", 5), "日本…");
        assert_eq!(fit("日本語", 4), "日…");
        assert_eq!(pad("日本語", 4), "日… ");
        assert_eq!(fit("Bartholomew", 6), "Barth…");
        assert_eq!(fit("Bob", 0), "");
    }

    #[test]
    fn text_is_broken_at_blanks() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
    }
}
