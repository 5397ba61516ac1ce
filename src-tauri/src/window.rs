//! The one window: made in Rust, fed by one command and one event.
//!
//! The inbox opens while the window is made. Changes reach the page as the event `change`, coalesced by the core to at
//! most one per 50 ms.

mod once;
mod place;
#[cfg(target_os = "linux")]
mod webkit;

use crate::cli::Then;
use crate::contract::dispatch;
use crate::picture::Album;
use crate::shell::Shell;
use crate::words::say;
use crate::{evening, socket};
use guichet_core::view::{Change, Problem};
use guichet_networks::Reach;
use once::Once;
use serde_json::Value;
use std::io::ErrorKind;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tauri::webview::Color;
use tauri::{AppHandle, Emitter, Manager, State, WebviewUrl, WebviewWindow, WebviewWindowBuilder, WindowEvent};
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;

/// The window's label: what capabilities and events name.
const MAIN: &str = "main";

/// Shows the window until it is closed. Call on the main thread, within the runtime.
pub fn show(shell: &Shell, then: Then) -> ExitCode {
    let failed = Arc::new(AtomicBool::new(false));
    let reach = if shell.rehearsal().is_some() { Reach::Loopback } else { Reach::Public };
    let album = Arc::new(Album::new(reach));
    let (furnishing, failing, serving) = (shell.clone(), failed.clone(), shell.clone());
    let opening = shell.clone();
    let opening = tokio::spawn(async move { opening.has_inbox() && opening.open(None).await.is_ok() });
    let built = tauri::Builder::default()
        .manage(shell.clone())
        .manage(album.clone())
        .manage(Once::default())
        .invoke_handler(tauri::generate_handler![call])
        .register_asynchronous_uri_scheme_protocol("picture", move |_, request, responder| {
            let (album, shell) = (album.clone(), serving.clone());
            tauri::async_runtime::spawn(async move {
                responder.respond(album.serve(&shell, request.uri().path()).await);
            });
        })
        .setup(move |app| {
            open_window(app.handle(), &furnishing)?;
            furnishing.asks_place(place::asking(app.handle(), &furnishing));
            live(app.handle(), &furnishing, opening, then, failing);
            Ok(())
        })
        .build(tauri::generate_context!());
    let app = match built {
        Ok(app) => app,
        Err(error) => {
            tracing::error!(%error, "no window");
            eprintln!("guichet: {error}");
            return ExitCode::FAILURE;
        }
    };
    let code = app.run_return(|_, _| {});
    match code == 0 && !failed.load(Ordering::SeqCst) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// The page's one way in: a command of the contract, by name. `message` is the page's own name for this one call.
#[tauri::command]
async fn call(
    name: String,
    args: Value,
    message: String,
    shell: State<'_, Shell>,
    once: State<'_, Once>,
    album: State<'_, Arc<Album>>,
) -> Result<Value, Problem> {
    let mut answer = once.answer(&name, message, dispatch(&shell, &name, args)).await?;
    album.name(&mut answer);
    Ok(answer)
}

fn open_window(app: &AppHandle, shell: &Shell) -> tauri::Result<()> {
    let locale = shell.inner.preferences.get().locale();
    let title = if shell.rehearsal().is_some() { "app.rehearsal" } else { "app.name" };
    let window = WebviewWindowBuilder::new(app, MAIN, WebviewUrl::App("index.html".into()))
        .title(say(locale, title, &[]))
        .inner_size(1280.0, 800.0)
        .min_inner_size(640.0, 480.0)
        // Between white and the dark theme's ground: no flash in either.
        .background_color(Color(0x80, 0x80, 0x80, 0xff))
        .zoom_hotkeys_enabled(true)
        // What is dropped reaches the page: a picture on the composer.
        .disable_drag_drop_handler()
        .build()?;
    #[cfg(target_os = "linux")]
    {
        window.with_webview(|view| webkit::furnish(&view.inner()))?;
        webkit::lend_clipboard(app, shell);
    }
    ask_before_closing(&window, shell);
    window.set_focus()
}

/// With replies waiting the page asks first, by the event `closing`. Who closes twice in a row and did not choose to stay
/// is not asked again: a page that no longer answers must not hold its window.
fn ask_before_closing(window: &WebviewWindow, shell: &Shell) {
    let (page, shell) = (window.clone(), shell.clone());
    window.on_window_event(move |event| {
        let WindowEvent::CloseRequested { api, .. } = event else { return };
        if shell.meant_to_close() {
            return;
        }
        api.prevent_close();
        let (page, shell) = (page.clone(), shell.clone());
        tauri::async_runtime::spawn(async move {
            let waiting = shell.replies_waiting().await;
            if waiting == 0 || page.emit_to(MAIN, "closing", waiting).is_err() {
                page.app_handle().exit(0);
            }
        });
    });
}

/// Everything that runs beside the window.
fn live(app: &AppHandle, shell: &Shell, opening: JoinHandle<bool>, then: Then, failed: Arc<AtomicBool>) {
    let (handle, relayed) = (app.clone(), shell.clone());
    tauri::async_runtime::spawn(async move {
        let mut changes = relayed.changes();
        loop {
            let change = match changes.recv().await {
                Ok(change) => change,
                Err(RecvError::Lagged(_)) => Change { all: true, ..Change::default() },
                Err(RecvError::Closed) => return,
            };
            // It fails only where the window is gone, and then so are we.
            let _ = handle.emit_to(MAIN, "change", change);
        }
    });
    #[cfg(target_os = "linux")]
    if shell.rehearsal().is_none() {
        webkit::follow_network(shell);
    }
    let (handle, shell) = (app.clone(), shell.clone());
    tauri::async_runtime::spawn(async move {
        let raised = handle.clone();
        // A rehearsal is a world of its own: no command line and no second start finds it.
        let socket = match shell.rehearsal() {
            Some(_) => None,
            None => Some(socket::listen(shell.clone(), move || raise(&raised))),
        };
        if let Some(Err(error)) = &socket {
            // Another start was quicker by a moment: the inbox is its to open.
            if error.kind() == ErrorKind::AddrInUse && socket::raise_other(shell.folder()).await {
                return handle.exit(0);
            }
            tracing::warn!(kind = ?error.kind(), "no local socket");
        }
        if opening.await.unwrap_or(false) {
            shell.start();
        }
        if then == Then::ShowAndQuit {
            failed.store(!evening::show(&shell).await, Ordering::SeqCst);
        } else {
            tokio::select! {
                () = asked_to_end() => {}
                () = shell.closed() => {}
            }
        }
        handle.exit(0);
    });
}

fn raise(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(MAIN) {
        // A window manager may refuse; then the window stays where it is.
        let _ = window.unminimize();
        let _ = window.show();
        let _ = window.set_focus();
    }
}

/// Ctrl+C in a terminal, or the session's end.
pub async fn asked_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut ended) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = ended.recv() => return,
                _ = tokio::signal::ctrl_c() => return,
            }
        }
    }
    // Without signals the window's own close is the only end.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
