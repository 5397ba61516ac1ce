//! The few pages that a person sees in a browser, whatever the network: one sheet of paper, in French, marked as a
//! rehearsal, without a script or a picture from elsewhere.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

const STYLE: &str = "
:root{color-scheme:light dark;--paper:#f6f3ee;--card:#fffdfa;--ink:#2b2622;--soft:#756b62;--line:#e4dcd2;--deep:#3d5a80;--on:#fff}
@media(prefers-color-scheme:dark){:root{--paper:#1d1b1a;--card:#272423;--ink:#f1ece6;--soft:#a99f95;--line:#3a3634;--deep:#a9c4e6;--on:#16202c}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{width:min(30rem,92vw);margin:2rem 0;padding:2rem;background:var(--card);border:1px solid var(--line);border-radius:14px}
small.mark{display:inline-block;padding:.1rem .6rem;border:1px dashed var(--soft);border-radius:99px;color:var(--soft)}
h1{font-size:1.35rem;line-height:1.3;margin:.8rem 0 .4rem;text-wrap:balance}
p{margin:.4rem 0;color:var(--soft)}
ul{margin:.6rem 0 1.2rem;padding-left:1.2rem;color:var(--soft)}
form{display:grid;gap:.7rem;margin-top:1.2rem}
button{display:flex;gap:.8rem;align-items:center;width:100%;padding:.7rem 1rem;border:1px solid var(--line);border-radius:10px;background:var(--deep);color:var(--on);font:inherit;font-weight:600;text-align:left;cursor:pointer}
button small{display:block;font-weight:400;opacity:.85}
button img{width:2.6rem;height:2.6rem;border-radius:8px}
button.no{background:none;color:var(--soft);justify-content:center;font-weight:400}
button:focus-visible{outline:3px solid var(--deep);outline-offset:2px}
code{display:block;margin:1rem 0;padding:.9rem;border:1px solid var(--line);border-radius:10px;font-size:1.02rem;overflow-wrap:anywhere;user-select:all}
";

/// A page of the server of that title and domain.
pub(crate) fn page(code: StatusCode, (server, domain): (&str, &str), title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"fr\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{} · {}</title><style>{STYLE}</style><main><small class=\"mark\">Entraînement — {}</small><h1>{}</h1>{body}</main></html>",
        escaped(title),
        escaped(server),
        escaped(domain),
        escaped(title),
    );
    (code, [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-store")], html)
        .into_response()
}

/// For HTML, in text and in attributes.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}
