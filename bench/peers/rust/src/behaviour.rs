//! What bench.v1.Bench does. See bench/service.mjs for the same in Sluice.

use crate::pb::{bench_server::Bench, Payload};
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio_stream::{wrappers::IntervalStream, Stream, StreamExt};
use tonic::{Request, Response, Status, Streaming};

/// The id of a cancel-clock stream and CLOCK_MONOTONIC in nanoseconds when it was dropped.
type CancelledAt = Arc<Mutex<HashMap<i32, i64>>>;
type Messages = Pin<Box<dyn Stream<Item = Result<Payload, Status>> + Send>>;

#[derive(Default)]
pub struct Service {
    cancelled_at: CancelledAt,
}

#[tonic::async_trait]
impl Bench for Service {
    type ServerStream = Messages;
    type BidiStream = Messages;

    async fn unary(&self, request: Request<Payload>) -> Result<Response<Payload>, Status> {
        let message = request.into_inner();
        if message.name != "cancel-clock" {
            return Ok(Response::new(message));
        }
        let at = self.cancelled_at.lock().unwrap().remove(&message.id).unwrap_or(0);
        Ok(Response::new(Payload { id: message.id, nums: vec![at], ..Default::default() }))
    }

    async fn server(&self, request: Request<Payload>) -> Result<Response<Messages>, Status> {
        let message = request.into_inner();
        if message.name == "mute" {
            std::future::pending::<()>().await;
        }
        if message.id >= 0 {
            let copies = std::iter::repeat_n(message.clone(), message.id as usize).map(Ok);
            return Ok(Response::new(Box::pin(tokio_stream::iter(copies))));
        }
        let every = Duration::from_millis(message.nums.first().copied().unwrap_or(1).max(1) as u64);
        let ticks = IntervalStream::new(tokio::time::interval(every));
        Ok(Response::new(Box::pin(ticks.map(move |_| Ok(message.clone())))))
    }

    async fn client(&self, request: Request<Streaming<Payload>>) -> Result<Response<Payload>, Status> {
        let mut requests = request.into_inner();
        let mut id = 0;
        while requests.message().await?.is_some() {
            id += 1;
        }
        Ok(Response::new(Payload { id, ..Default::default() }))
    }

    async fn bidi(&self, request: Request<Streaming<Payload>>) -> Result<Response<Messages>, Status> {
        let requests = request.into_inner();
        let echo = Echo { requests, name: None, id: 0, cancelled_at: self.cancelled_at.clone() };
        Ok(Response::new(Box::pin(echo)))
    }
}

/// Echoes; the first message's name may be "hold" (stay open after the half-close), "mute" (answer nothing) or "cancel-clock".
struct Echo {
    requests: Streaming<Payload>,
    name: Option<String>,
    id: i32,
    cancelled_at: CancelledAt,
}

impl Stream for Echo {
    type Item = Result<Payload, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match Pin::new(&mut self.requests).poll_next(context) {
                Poll::Ready(Some(Ok(message))) => {
                    if self.name.is_none() {
                        self.name = Some(message.name.clone());
                        self.id = message.id;
                    }
                    if self.name.as_deref() != Some("mute") {
                        return Poll::Ready(Some(Ok(message)));
                    }
                }
                Poll::Ready(None) if matches!(self.name.as_deref(), Some("hold" | "mute")) => return Poll::Pending,
                other => return other,
            }
        }
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        if self.name.as_deref() == Some("cancel-clock") {
            let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
            unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut now) };
            self.cancelled_at.lock().unwrap().insert(self.id, now.tv_sec * 1_000_000_000 + now.tv_nsec);
        }
    }
}
