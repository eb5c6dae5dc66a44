//! The requests of a proxy, and its rules for answers.

use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use tokio::sync::watch;

/// A rule for requests that the proxy answers itself.
#[derive(Clone, Debug)]
pub struct Rule {
    /// GET, PUT, POST or DELETE.
    pub method: &'static str,
    /// A part of the path and query.
    pub path: String,
    /// The status of the answer.
    pub status: u16,
    /// The body of the answer.
    pub body: Value,
    /// The number of requests it applies to; `None` means until it is removed.
    pub times: Option<u32>,
}

/// The requests so far, and the rules.
#[derive(Debug, Default)]
pub(super) struct Rules {
    /// `METHOD PATH?QUERY` of each request.
    asked: watch::Sender<Vec<String>>,
    rules: Mutex<Vec<Rule>>,
    /// Texts in requests, and their replacements.
    rewrites: Mutex<Vec<(String, String)>>,
}

impl Rules {
    pub(super) fn asked(&self) -> watch::Receiver<Vec<String>> {
        self.asked.subscribe()
    }

    pub(super) fn add(&self, rule: Rule) {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner).push(rule);
    }

    pub(super) fn lift(&self) {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub(super) fn rewrite(&self, from: &str, to: &str) {
        let mut rewrites = self.rewrites.lock().unwrap_or_else(PoisonError::into_inner);
        rewrites.push((from.to_owned(), to.to_owned()));
    }

    /// The request with its replacements applied.
    pub(super) fn rewritten(&self, bytes: &[u8]) -> Vec<u8> {
        let rewrites = self.rewrites.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rest = bytes;
        let mut line = Vec::new();
        if let (false, Some(end)) = (rewrites.is_empty(), bytes.iter().position(|b| *b == b'\r')) {
            let mut text = String::from_utf8_lossy(&bytes[..end]).into_owned();
            for (from, to) in rewrites.iter() {
                text = text.replace(from, to);
            }
            (line, rest) = (text.into_bytes(), &bytes[end..]);
        }
        [&line, rest].concat()
    }

    /// The answer to a request that begins with these bytes, if a rule matches.
    pub(super) fn own_answer(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let line = bytes.split(|b| *b == b'\r').next().unwrap_or_default();
        let line = String::from_utf8_lossy(line);
        let asked = line.rsplit_once(' ').map_or(&*line, |(asked, _version)| asked).to_owned();
        let answer = self.answer(&asked);
        self.asked.send_modify(|all| all.push(asked));
        answer
    }

    fn answer(&self, asked: &str) -> Option<Vec<u8>> {
        let (method, path) = asked.split_once(' ')?;
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        let applies = |rule: &&mut Rule| {
            rule.method == method && path.contains(&rule.path) && rule.times != Some(0)
        };
        let rule = rules.iter_mut().find(applies)?;
        rule.times = rule.times.map(|times| times - 1);
        let body = rule.body.to_string();
        let answer = format!(
            "HTTP/1.1 {} x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{body}",
            rule.status,
            body.len()
        );
        Some(answer.into_bytes())
    }
}
