//! The text of a configuration file and the way from a value back to its line.

use std::fmt;
use std::ops::{Range, RangeInclusive};

use thiserror::Error;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::address::clean;

/// The most characters of a key that are shown.
const KEY_CHARS: usize = 80;

/// Why a file cannot be used. Its owner can mend it at the line that is named.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct ConfigError {
    /// The file, as the caller named it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The key with its section, `call.ring_timeout`; `None` where the text is no TOML at all.
    pub key: Option<String>,
    /// What is wrong and what was expected.
    pub message: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}: ", self.file, self.line)?;
        if let Some(key) = &self.key {
            write!(f, "{key}: ")?;
        }
        f.write_str(&self.message)
    }
}

/// Something that is skipped, and that its writer should know of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The file, as the caller named it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The key nobody knows, with its section.
    pub key: String,
    /// The keys that are known there.
    pub known: &'static [&'static str],
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            line,
            key,
            known,
        } = self;
        write!(
            f,
            "{file}, line {line}: unknown key {key}; known here: {}",
            known.join(", ")
        )
    }
}

/// A file's text and name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) text: &'a str,
    pub(crate) file: &'a str,
}

impl<'a> Source<'a> {
    /// Reads the text as TOML.
    pub(crate) fn document(self) -> Result<DeTable<'a>, ConfigError> {
        let document = DeTable::parse(self.text).map_err(|error| ConfigError {
            file: self.file.to_owned(),
            line: self.line(error.span().map_or(0, |span| span.start)),
            key: None,
            message: error.message().to_owned(),
        })?;
        Ok(document.into_inner())
    }

    /// Returns a table's entries in the order of the file; `within` is the table's name.
    pub(crate) fn entries<'t>(self, within: &str, table: &'t DeTable<'a>) -> Vec<Entry<'t>>
    where
        'a: 't,
    {
        let mut entries: Vec<Entry<'t>> = table
            .iter()
            .map(|(name, value)| Entry {
                source: self,
                name: name.get_ref(),
                key: {
                    let name = clean(name.get_ref(), KEY_CHARS);
                    if within.is_empty() {
                        name
                    } else {
                        format!("{within}.{name}")
                    }
                },
                place: name.span(),
                value,
            })
            .collect();
        entries.sort_by_key(|entry| entry.place.start);
        entries
    }

    fn line(self, offset: usize) -> usize {
        let before = self.text.as_bytes().iter().take(offset);
        1 + before.filter(|byte| **byte == b'\n').count()
    }
}

/// A key and its value, which know where they stand.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    source: Source<'a>,
    name: &'a str,
    /// The key with its section, fit to be shown.
    pub(crate) key: String,
    place: Range<usize>,
    value: &'a Spanned<DeValue<'a>>,
}

impl<'a> Entry<'a> {
    /// Returns the key without its section.
    pub(crate) const fn name(&self) -> &'a str {
        self.name
    }

    /// Returns what is inside, where the value is a section.
    pub(crate) fn table(&self) -> Result<Vec<Self>, ConfigError> {
        match self.value.get_ref().as_table() {
            Some(table) => Ok(self.source.entries(&self.key, table)),
            None => Err(self.expected(&format!("a section, [{}]", self.key))),
        }
    }

    /// Returns what `parse` makes of a string.
    pub(crate) fn parsed<T, E: fmt::Display>(
        &self,
        wanted: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<T, ConfigError> {
        let Some(text) = self.value.get_ref().as_str() else {
            return Err(self.expected(&format!("{wanted}, in quotes")));
        };
        parse(text).map_err(|error| {
            self.error(&format!(
                "expected {wanted}, found {}: {error}",
                self.found()
            ))
        })
    }

    /// Returns a whole number within the range.
    pub(crate) fn number(
        &self,
        range: RangeInclusive<u16>,
        wanted: &str,
    ) -> Result<u16, ConfigError> {
        self.value
            .get_ref()
            .as_integer()
            .and_then(|number| u16::from_str_radix(number.as_str(), number.radix()).ok())
            .filter(|number| range.contains(number))
            .ok_or_else(|| self.expected(wanted))
    }

    /// Returns a whole number within the range, which may be below 0.
    pub(crate) fn signed(
        &self,
        range: RangeInclusive<i16>,
        wanted: &str,
    ) -> Result<i16, ConfigError> {
        self.value
            .get_ref()
            .as_integer()
            .and_then(|number| i16::from_str_radix(number.as_str(), number.radix()).ok())
            .filter(|number| range.contains(number))
            .ok_or_else(|| self.expected(wanted))
    }

    /// Returns what a list holds; `None` where the value is none.
    pub(crate) fn array(&self) -> Option<&'a toml::de::DeArray<'a>> {
        self.value.get_ref().as_array()
    }

    /// Returns `true` or `false`.
    pub(crate) fn boolean(&self) -> Result<bool, ConfigError> {
        let value = self.value.get_ref().as_bool();
        value.ok_or_else(|| self.expected("true or false"))
    }

    /// Returns the value that goes with one of the words.
    pub(crate) fn choice<T: Copy>(&self, choices: &[(&str, T)]) -> Result<T, ConfigError> {
        let text = self.value.get_ref().as_str();
        let chosen = choices.iter().find(|(word, _)| Some(*word) == text);
        chosen.map(|(_, value)| *value).ok_or_else(|| {
            let words: Vec<String> = choices
                .iter()
                .map(|(word, _)| format!("\"{word}\""))
                .collect();
            self.expected(&words.join(" or "))
        })
    }

    /// Returns the error that says so of this key.
    pub(crate) fn error(&self, message: &str) -> ConfigError {
        ConfigError {
            file: self.source.file.to_owned(),
            line: self.source.line(self.place.start),
            key: Some(self.key.clone()),
            message: message.to_owned(),
        }
    }

    /// Returns the warning that nobody knows this key.
    pub(crate) fn unknown(&self, known: &'static [&'static str]) -> Warning {
        Warning {
            file: self.source.file.to_owned(),
            line: self.source.line(self.place.start),
            key: self.key.clone(),
            known,
        }
    }

    /// Returns the error that something else was wanted here.
    pub(crate) fn expected(&self, wanted: &str) -> ConfigError {
        self.error(&format!("expected {wanted}, found {}", self.found()))
    }

    /// Quotes the value as it stands in the file, as far as it fits on a line.
    fn found(&self) -> String {
        let value = self.value.get_ref();
        let text = self.source.text.get(self.value.span()).unwrap_or_default();
        if value.is_table() || value.is_array() || text.is_empty() {
            format!("a value of type {}", value.type_str())
        } else {
            clean(text, 60)
        }
    }
}
