//! What is known before the inbox opens: language, theme, keys.
//!
//! A small JSON file in clear beside the inbox. It holds nothing about anybody; a torn or missing one means the
//! defaults, since a preference must never keep the window from opening.

use crate::shown::{Locale, Theme};
use guichet_core::view::Problem;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// `None`: the system's.
    pub locale: Option<Locale>,
    pub theme: Theme,
    pub single_keys: bool,
}

impl Default for Preferences {
    fn default() -> Self {
        Self { locale: None, theme: Theme::System, single_keys: true }
    }
}

impl Preferences {
    pub fn locale(&self) -> Locale {
        self.locale.unwrap_or_else(system_locale)
    }
}

/// The preferences and their file.
pub struct Kept {
    file: PathBuf,
    now: Mutex<Preferences>,
}

impl Kept {
    /// Kept in `folder`; read from there, or from `else_from` while there are none yet.
    pub fn open(folder: &Path, else_from: Option<&Path>) -> Self {
        let file = file(folder);
        let now = read(&file).or_else(|| else_from.and_then(|f| read(&self::file(f))));
        Self { file, now: Mutex::new(now.unwrap_or_default()) }
    }

    pub fn get(&self) -> Preferences {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `Invalid` for a name or value that is none.
    pub fn set(&self, name: &str, value: &str) -> Result<(), Problem> {
        let mut next = self.get();
        let known = || serde_json::Value::String(value.to_owned());
        let invalid = |_| Problem::Invalid { field: name.chars().take(60).collect() };
        match name {
            "locale" => next.locale = Some(serde_json::from_value(known()).map_err(invalid)?),
            "theme" => next.theme = serde_json::from_value(known()).map_err(invalid)?,
            "single_keys" if value == "on" || value == "off" => next.single_keys = value == "on",
            _ => return Err(Problem::Invalid { field: name.chars().take(60).collect() }),
        }
        self.keep(next)
    }

    fn keep(&self, next: Preferences) -> Result<(), Problem> {
        if let Some(folder) = self.file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let text = serde_json::to_vec_pretty(&next).map_err(|e| Problem::Unexpected { what: e.to_string() })?;
        let beside = self.file.with_extension("new");
        std::fs::write(&beside, text)?;
        std::fs::rename(&beside, &self.file)?;
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = next;
        Ok(())
    }
}

fn file(folder: &Path) -> PathBuf {
    folder.join("preferences.json")
}

fn read(file: &Path) -> Option<Preferences> {
    serde_json::from_slice(&std::fs::read(file).ok()?).ok()
}

/// French where the system says French, or nothing (`C`).
fn system_locale() -> Locale {
    match sys_locale::get_locale() {
        Some(name) if !name.starts_with("fr") && !name.starts_with("C") => Locale::En,
        _ => Locale::Fr,
    }
}

#[cfg(test)]
#[path = "preferences_tests.rs"]
mod tests;
