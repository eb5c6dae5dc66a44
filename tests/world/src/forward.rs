//! A forward proxy, as in an office: it opens tunnels (CONNECT, RFC 9110
//! section 9.3.6) and records the requests.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The condition for opening a tunnel.
#[derive(Clone, Debug, Default)]
pub enum Rule {
    /// No condition.
    #[default]
    Open,
    /// This value of `Proxy-Authorization`.
    Password(String),
    /// It refuses every tunnel.
    Closed,
}

/// A forward proxy, closed when dropped.
#[derive(Debug)]
pub struct Forward {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
    accepting: JoinHandle<()>,
}

impl Drop for Forward {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Forward {
    /// Listens on a free port. Every tunnel ends at `port` of the loopback,
    /// whatever host was requested, because the test's host names do not exist
    /// elsewhere.
    pub async fn to(port: u16, rule: Rule) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let own_port = listener.local_addr()?.port();
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let heard = asked.clone();
        let accepting = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let (rule, heard) = (rule.clone(), heard.clone());
                tokio::spawn(async move { serve(near, port, &rule, &heard).await });
            }
        });
        Ok(Self { port: own_port, asked, accepting })
    }

    /// Its address, such as `127.0.0.1:3128`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The first line of each request so far.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn serve(
    mut near: TcpStream,
    port: u16,
    rule: &Rule,
    asked: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        // One byte at a time, so that nothing after the head is read.
        head.push(near.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head);
    let line = head.lines().next().unwrap_or_default().to_owned();
    let tunnel = line.starts_with("CONNECT ");
    asked.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    let answer = match rule {
        _ if !tunnel => "400 Bad Request",
        Rule::Closed => "403 Forbidden",
        Rule::Password(wanted) if !head.contains(wanted) => {
            "407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"office\""
        }
        _ => "200 Connection established",
    };
    let open = answer.starts_with("200");
    let length = if open { "" } else { "\r\nContent-Length: 0\r\nConnection: close" };
    near.write_all(format!("HTTP/1.1 {answer}{length}\r\n\r\n").as_bytes()).await?;
    if open {
        let mut far = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        copy_bidirectional(&mut near, &mut far).await?;
    }
    Ok(())
}
