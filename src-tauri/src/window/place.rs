//! Where to put a file: the system's own dialog over our window, which also asks before something there is replaced.

use super::MAIN;
use crate::saving::AskPlace;
use crate::shell::Shell;
use crate::words::say;
use std::path::PathBuf;
use tauri::{AppHandle, Manager};
use tokio::sync::oneshot;

struct Words {
    title: String,
    #[cfg(target_os = "linux")]
    save: String,
    #[cfg(target_os = "linux")]
    cancel: String,
}

pub fn asking(app: &AppHandle, shell: &Shell) -> AskPlace {
    let (app, shell) = (app.clone(), shell.clone());
    Box::new(move |name| {
        let (answer, answered) = oneshot::channel();
        let locale = shell.inner.preferences.get().locale();
        let words = Words {
            title: say(locale, "attachment.save_named", &[("name", &name)]),
            #[cfg(target_os = "linux")]
            save: say(locale, "action.save", &[]),
            #[cfg(target_os = "linux")]
            cancel: say(locale, "action.cancel", &[]),
        };
        let page = app.clone();
        // Where it cannot run, what it holds is dropped, and so is the question.
        if let Err(error) = app.run_on_main_thread(move || open(&page, &words, &name, answer)) {
            tracing::warn!(%error, "no dialog");
        }
        answered
    })
}

#[cfg(target_os = "linux")]
fn open(app: &AppHandle, words: &Words, name: &str, answer: oneshot::Sender<PathBuf>) {
    use gtk::glib;
    use gtk::prelude::{FileChooserExt, NativeDialogExt};
    use gtk::{FileChooserAction, FileChooserNative, ResponseType};
    let parent = app.get_webview_window(MAIN).and_then(|window| window.gtk_window().ok());
    let (save, cancel) = (Some(words.save.as_str()), Some(words.cancel.as_str()));
    let dialog = FileChooserNative::new(Some(&words.title), parent.as_ref(), FileChooserAction::Save, save, cancel);
    dialog.set_modal(true);
    dialog.set_do_overwrite_confirmation(true);
    dialog.set_current_name(name);
    if let Some(folder) = glib::user_special_dir(glib::UserDirectory::Downloads) {
        dialog.set_current_folder(folder);
    }
    // Nothing else keeps it while it is open.
    let held = std::cell::RefCell::new(Some((dialog.clone(), answer)));
    dialog.connect_response(move |_, response| {
        let Some((dialog, answer)) = held.borrow_mut().take() else { return };
        let place = dialog.filename().filter(|_| response == ResponseType::Accept);
        dialog.destroy();
        // Whoever asked may have gone.
        let _ = place.map(|place| answer.send(place));
    });
    dialog.show();
}

#[cfg(not(target_os = "linux"))]
fn open(app: &AppHandle, words: &Words, name: &str, answer: oneshot::Sender<PathBuf>) {
    let mut dialog = rfd::AsyncFileDialog::new().set_title(&words.title).set_file_name(name);
    if let Some(window) = app.get_webview_window(MAIN) {
        dialog = dialog.set_parent(&window);
    }
    // On this thread, as macOS wants it; waited for on another.
    let asked = dialog.save_file();
    tauri::async_runtime::spawn(async move {
        let _ = asked.await.map(|place| answer.send(place.path().to_owned()));
    });
}
