//! An empty window of the same version of Tauri: what the measures of start and memory are compared with.

use tauri::{Manager, WebviewUrl, WebviewWindowBuilder};

const PAGE: &str = "about:blank";
/// As the desk marks the frame that first shows its list.
const MARK: &str = "requestAnimationFrame(() => requestAnimationFrame(() => performance.mark('filled')));";

fn main() -> tauri::Result<()> {
    let context = tauri::generate_context!();
    tauri::Builder::default()
        .setup(|app| {
            let page = PAGE.parse().map_err(|_| tauri::Error::UnknownPath)?;
            WebviewWindowBuilder::new(app.app_handle(), "empty", WebviewUrl::External(page))
                .title("empty")
                .inner_size(1280.0, 800.0)
                .initialization_script(MARK)
                .build()?;
            Ok(())
        })
        .run(context)
}
