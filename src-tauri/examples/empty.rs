//! An empty window of the same version of Tauri: what the measures of start and memory are compared with. Like the
//! desk it marks the frame that first shows its page.

use tauri::http::Response;
use tauri::{Manager, WebviewUrl, WebviewWindowBuilder};

const PAGE: &str = "<!doctype html><title>empty</title><body></body><script>\
    requestAnimationFrame(() => requestAnimationFrame(() => performance.mark('filled')));</script>";

fn main() -> tauri::Result<()> {
    let context = tauri::generate_context!();
    tauri::Builder::default()
        .register_uri_scheme_protocol("empty", |_, _| {
            let page = Response::builder().header("content-type", "text/html").body(PAGE.as_bytes());
            page.unwrap_or_default()
        })
        .setup(|app| {
            let page = "empty://localhost/".parse().map_err(|_| tauri::Error::UnknownPath)?;
            WebviewWindowBuilder::new(app.app_handle(), "empty", WebviewUrl::CustomProtocol(page))
                .title("empty")
                .inner_size(1280.0, 800.0)
                .build()?;
            Ok(())
        })
        .run(context)
}
