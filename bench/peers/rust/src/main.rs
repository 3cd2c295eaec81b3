//! Serves bench.v1.Bench with tonic on one thread. The same behaviour as bench/serve.mjs.

mod behaviour;

use std::net::SocketAddr;
use tokio::signal::unix::{signal, SignalKind};
use tonic::transport::{server::TcpIncoming, Identity, Server, ServerTlsConfig};

pub mod pb {
    tonic::include_proto!("bench.v1");
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |name: &str| arguments.iter().position(|a| a == name).and_then(|i| arguments.get(i + 1).cloned());
    let port = value("--port").unwrap_or_else(|| "0".into());
    let mut server = Server::builder();
    if let (Some(cert), Some(key)) = (value("--cert"), value("--key")) {
        let identity = Identity::from_pem(std::fs::read(cert)?, std::fs::read(key)?);
        server = server.tls_config(ServerTlsConfig::new().identity(identity))?;
    }
    let address: SocketAddr = format!("127.0.0.1:{port}").parse()?;
    let incoming = TcpIncoming::bind(address)?.with_nodelay(Some(true));
    println!("listening on {}", incoming.local_addr()?);
    let mut report = signal(SignalKind::user_defined2())?;
    tokio::spawn(async move {
        while report.recv().await.is_some() {
            let before = rss();
            unsafe { libc::malloc_trim(0) };
            println!("{{\"rss_before_gc\":{before},\"rss\":{}}}", rss());
        }
    });
    let mut terminate = signal(SignalKind::terminate())?;
    let router = server.add_service(pb::bench_server::BenchServer::new(behaviour::Service::default()));
    tokio::select! {
        ended = router.serve_with_incoming(incoming) => ended?,
        _ = terminate.recv() => {}
    }
    std::process::exit(0)
}

/// Resident bytes of this process.
fn rss() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    text.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4096
}
