//! What only WebKitGTK needs: spell-checking, which is off unless switched on through the view's context; a dead web
//! process, brought back; and the system's word on the network.

use crate::shell::Shell;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::time::{Duration, Instant};
use webkit2gtk::gio::prelude::*;
use webkit2gtk::{WebContextExt, WebView, WebViewExt, gio};

/// Both languages at once, whatever the interface's: clients write in both.
const SPELLING: [&str; 3] = ["fr_FR", "en_GB", "en_US"];
/// A page that dies more often than this is not brought back.
const MOST_RELOADS: usize = 3;
const WITHIN: Duration = Duration::from_secs(60);

pub fn furnish(view: &WebView) {
    if let Some(context) = view.context() {
        context.set_spell_checking_enabled(true);
        context.set_spell_checking_languages(&SPELLING);
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
