//! The last word before a write's first byte: asked when the connection stands, handshake and certificate included.
//!
//! It reaches the connector beside the request, as what the task that sends it knows. A no is an error of connecting: no
//! byte of the request has left, and that is certain.

use guichet_model::LastWord;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower::{BoxError, Layer, Service};

tokio::task_local! {
    static LAST: Arc<dyn LastWord>;
}

/// Sends what `work` sends only where `last` still agrees.
pub(crate) async fn before_the_first_byte<T>(last: Arc<dyn LastWord>, work: impl Future<Output = T>) -> T {
    LAST.scope(last, work).await
}

/// Makes a connector ask.
#[derive(Clone, Copy)]
pub(crate) struct Asking;

#[derive(Clone)]
pub(crate) struct Asked<S>(S);

impl<S> Layer<S> for Asking {
    type Service = Asked<S>;

    fn layer(&self, connector: S) -> Asked<S> {
        Asked(connector)
    }
}

impl<S, R> Service<R> for Asked<S>
where
    S: Service<R, Error = BoxError>,
    S::Future: Send + 'static,
    S::Response: Send,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(task)
    }

    fn call(&mut self, to: R) -> Self::Future {
        let connecting = self.0.call(to);
        let last = LAST.try_with(Arc::clone).ok();
        Box::pin(async move {
            let way = connecting.await?;
            match last {
                Some(last) if !last.may_leave().await => Err("held while connecting".into()),
                _ => Ok(way),
            }
        })
    }
}
