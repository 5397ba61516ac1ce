//! What only WebKitGTK needs: drawing without the graphics card; spell-checking, which is off unless switched on through
//! the view's context; a dead web process, brought back; the clipboard; and the system's word on the network.
//!
//! A page of text gains nothing from the graphics card, and pays for it: its driver is loaded into two processes, each
//! frame is uploaded whole, and on some machines its shared buffers leave a blank window.

use crate::shell::Shell;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::time::{Duration, Instant};
use webkit2gtk::gio::prelude::*;
use webkit2gtk::{HardwareAccelerationPolicy, SettingsExt, WebContextExt, WebView, WebViewExt, gio, glib};

/// Both languages at once, whatever the interface's: clients write in both.
const SPELLING: [&str; 3] = ["fr_FR", "en_GB", "en_US"];
/// The dictionaries take half a second of the window's own thread: they are read while the first list is looked at.
const SPELLING_AFTER: Duration = Duration::from_secs(2);
/// A page that dies more often than this is not brought back.
const MOST_RELOADS: usize = 3;
const WITHIN: Duration = Duration::from_secs(60);

pub fn furnish(view: &WebView) {
    if let Some(settings) = WebViewExt::settings(view) {
        settings.set_hardware_acceleration_policy(HardwareAccelerationPolicy::Never);
    }
    if let Some(context) = view.context() {
        glib::timeout_add_local_once(SPELLING_AFTER, move || {
            context.set_spell_checking_enabled(true);
            context.set_spell_checking_languages(&SPELLING);
        });
    }
    let reloads = RefCell::new(VecDeque::new());
    view.connect_web_process_terminated(move |view, reason| {
        let mut reloads = reloads.borrow_mut();
        let now = Instant::now();
        reloads.retain(|&at| now.duration_since(at) < WITHIN);
        tracing::warn!(?reason, times = reloads.len(), "the web process ended");
        if reloads.len() < MOST_RELOADS {
            reloads.push_back(now);
            view.reload();
        }
    });
}

/// Where a copied reply goes. GTK is asked on its own thread.
pub fn lend_clipboard(app: &tauri::AppHandle, shell: &Shell) {
    let app = app.clone();
    shell.lends_clipboard(Box::new(move |text| {
        let take = move || gtk::Clipboard::get(&gtk::gdk::SELECTION_CLIPBOARD).set_text(&text);
        app.run_on_main_thread(take).is_ok()
    }));
}

/// Tells the desk when the system gains or loses its network. Only changes count: a system that knows nothing of its
/// network says "none" at start, and is not believed.
pub fn follow_network(shell: &Shell) {
    let shell = shell.clone();
    gio::NetworkMonitor::default().connect_network_changed(move |_, available| {
        if let Ok(desk) = shell.desk() {
            desk.set_system_online(available);
        }
    });
}
