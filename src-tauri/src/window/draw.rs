//! Whether the page is drawn at all. On some machines WebKit's shared-buffer renderer leaves a blank window: where
//! nothing was painted 5 s after the page was loaded, the program starts again once without it, and remembers.

use crate::shell::Shell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tauri::webview::PageLoadEvent;
use tauri::{Manager, WebviewWindow};

/// What the page calls once its second frame was drawn.
pub const PAINTED: &str = "painted";
pub const TELL: &str = "requestAnimationFrame(() => requestAnimationFrame(() => \
    window.__TAURI_INTERNALS__.invoke('call', { name: 'painted', args: null })));";

const PATIENCE: Duration = Duration::from_secs(5);
const PLAINLY: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";

#[derive(Default)]
pub struct Watch {
    painted: AtomicBool,
    watching: AtomicBool,
}

impl Watch {
    pub fn painted(&self) {
        self.painted.store(true, Ordering::SeqCst);
    }
}

/// Begins to watch when the page is loaded.
pub fn watch(window: &WebviewWindow, shell: &Shell, load: PageLoadEvent) {
    let watch = window.state::<Watch>();
    if load != PageLoadEvent::Finished || watch.watching.swap(true, Ordering::SeqCst) {
        return;
    }
    let (window, shell) = (window.clone(), shell.clone());
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(PATIENCE).await;
        let painted = window.state::<Watch>().painted.load(Ordering::SeqCst);
        // A window that is not in front is not painted either, and nothing is wrong.
        let in_front = window.is_focused().unwrap_or(false) && window.is_visible().unwrap_or(false);
        if !painted && in_front && std::env::var_os(PLAINLY).is_none() {
            tracing::warn!("nothing was painted: starting again without shared buffers");
            if let Err(problem) = shell.inner.preferences.draw_plainly() {
                tracing::warn!(%problem, "it could not be remembered");
            }
            shell.stop().await;
            again_plainly();
        }
    });
}

/// At start, where this machine is known to need it: the same program again with the renderer switched off. Returns
/// only where nothing had to be done, or could be.
pub fn as_remembered(shell: &Shell) {
    if shell.inner.preferences.get().plain_renderer && std::env::var_os(PLAINLY).is_none() {
        again_plainly();
    }
}

/// The process becomes a new one, with the same arguments; locks and descriptors are closed by the kernel.
fn again_plainly() {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        let Ok(program) = std::env::current_exe() else { return };
        let mut again = std::process::Command::new(program);
        let error = again.args(std::env::args_os().skip(1)).env(PLAINLY, "1").exec();
        tracing::warn!(kind = ?error.kind(), "the program could not start again");
    }
}
