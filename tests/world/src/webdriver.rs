//! The window, controlled through a minimal client of W3C WebDriver
//! (<https://www.w3.org/TR/webdriver2/>) and WebKit's own driver, which starts
//! the program.

use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use reqwest::Method;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use serde_json::{Value, json};

use crate::process::Process;
use crate::synapse::free_port;
use crate::world::programs;
use crate::{World, secs, within};

/// The time limit for a condition in the page.
const TIMEOUT: Duration = secs(20);

/// The key under which WebDriver returns an element reference.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Special keys, as WebDriver encodes them.
pub mod key {
    /// Tab.
    pub const TAB: &str = "\u{e004}";
    /// Enter.
    pub const ENTER: &str = "\u{e007}";
    /// The space bar.
    pub const SPACE: &str = " ";
    /// The arrow down.
    pub const DOWN: &str = "\u{e015}";
    /// The arrow to the right.
    pub const RIGHT: &str = "\u{e014}";
    /// The key End.
    pub const END: &str = "\u{e010}";
    /// Control, held while [`type_into`](super::Window::type_into) types the rest.
    pub const CONTROL: &str = "\u{e009}";
    /// Escape.
    pub const ESCAPE: &str = "\u{e00c}";
}

/// An open `presently-window`, ended when dropped.
#[derive(Debug)]
pub struct Window {
    http: reqwest::Client,
    /// The URL of the WebDriver session.
    session: String,
    /// A pidfd of the window's process.
    program: OwnedFd,
    driver: Process,
}

impl Window {
    /// Opens the window in a world with a display, and waits until its page has
    /// loaded.
    pub async fn open(world: &World) -> Result<Self> {
        Self::open_with(world, &[]).await
    }

    /// The same with more arguments for the window's program.
    pub async fn open_with(world: &World, more: &[&str]) -> Result<Self> {
        let port = free_port()?;
        let mut driver = world.command("WebKitWebDriver");
        driver.arg(format!("--port={port}")).env("TAURI_WEBVIEW_AUTOMATION", "true");
        driver.stdin(Stdio::null()).stdout(Stdio::null());
        let driver = Process::start("WebKitWebDriver", driver, world.logs()).await?;
        within(TIMEOUT, "WebKitWebDriver", async {
            // The driver prints nothing when it listens.
            while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            Ok(())
        })
        .await?;

        // The driver starts the window and ends it with the session.
        let program = programs()?.join("presently-window");
        let mut args = ["--pdeathsig", "KILL", "--"].map(str::to_owned).to_vec();
        args.push(program.display().to_string());
        args.extend(more.iter().map(|&argument| argument.to_owned()));
        let options = json!({ "binary": which("setpriv")?, "args": args });
        let http = reqwest::Client::builder().no_proxy().build()?;
        let base = format!("http://127.0.0.1:{port}/session");
        let capabilities =
            json!({"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}});
        // The answer comes when the window has opened its page.
        let answer = command(&http, Method::POST, &base, &capabilities).await?;
        let id = answer["sessionId"].as_str().context("no session")?;
        let pid = child_of(driver.pid())?;
        let program = pidfd_open(pid, PidfdFlags::empty()).context("no window")?;
        Ok(Self { http, session: format!("{base}/{id}"), program, driver })
    }

    /// Waits until the JavaScript expression is true in the page. It is
    /// evaluated again at each change of the page.
    pub async fn until(&self, expression: &str) -> Result<()> {
        let script = format!(
            "const done = arguments[0];
             const holds = () => {{ try {{ return Boolean({expression}); }} catch {{ return false; }} }};
             if (holds()) return done(null);
             const observer = new MutationObserver(() => {{
                 if (holds()) {{ observer.disconnect(); done(null); }}
             }});
             observer.observe(document, {{
                 subtree: true, childList: true, attributes: true, characterData: true,
             }});"
        );
        let body = json!({"script": script, "args": []});
        let holds = within(TIMEOUT, expression, async {
            self.send(Method::POST, "/execute/async", &body).await.map(drop)
        });
        match holds.await {
            Ok(()) => Ok(()),
            Err(error) => {
                let page = self.evaluate("document.body.innerText").await.unwrap_or_default();
                Err(error.context(format!("the page says:\n{}", page.as_str().unwrap_or("?"))))
            }
        }
    }

    /// Waits until the text of the element with this selector contains `text`.
    pub async fn says(&self, selector: &str, text: &str) -> Result<()> {
        let (selector, text) = (Value::from(selector), Value::from(text));
        self.until(&format!("document.querySelector({selector}).innerText.includes({text})")).await
    }

    /// Waits until the element with this selector is visible.
    pub async fn shows(&self, selector: &str) -> Result<()> {
        let selector = Value::from(selector);
        self.until(&format!("document.querySelector({selector}).checkVisibility()")).await
    }

    /// The value of a JavaScript expression.
    pub async fn evaluate(&self, expression: &str) -> Result<Value> {
        let body = json!({"script": format!("return {expression};"), "args": []});
        self.send(Method::POST, "/execute/sync", &body).await
    }

    /// The resolved value of a JavaScript promise.
    pub async fn resolve(&self, promise: &str) -> Result<Value> {
        let script = format!(
            "const done = arguments[0];
             ({promise}).then(done, (error) => done(`failed: ${{error}}`));"
        );
        self.send(Method::POST, "/execute/async", &json!({"script": script, "args": []})).await
    }

    /// Resizes the window, in pixels.
    pub async fn resize(&self, width: u32, height: u32) -> Result<()> {
        let size = json!({"width": width, "height": height});
        self.send(Method::POST, "/window/rect", &size).await?;
        // The document does not change with the window: `until` would not see it.
        let resized = format!(
            "new Promise((done) => {{
                 const fits = () => innerWidth === {width} && innerHeight === {height};
                 if (fits()) done(null);
                 addEventListener('resize', () => {{ if (fits()) done(null); }});
             }})"
        );
        within(TIMEOUT, "the window's new size", self.resolve(&resized)).await.map(drop)
    }

    /// Clicks the element with this selector.
    pub async fn click(&self, selector: &str) -> Result<()> {
        let element = self.element(selector).await?;
        self.send(Method::POST, &format!("/element/{element}/click"), &json!({})).await.map(drop)
    }

    /// Types into the element with this selector, after its present content.
    pub async fn type_into(&self, selector: &str, text: &str) -> Result<()> {
        let element = self.element(selector).await?;
        let body = json!({"text": text});
        self.send(Method::POST, &format!("/element/{element}/value"), &body).await.map(drop)
    }

    /// Presses keys, one after the other, in the focused element.
    pub async fn press(&self, keys: &str) -> Result<()> {
        let presses: Vec<Value> = keys
            .chars()
            .flat_map(|key| {
                [json!({"type": "keyDown", "value": key}), json!({"type": "keyUp", "value": key})]
            })
            .collect();
        let keyboard = json!({"type": "key", "id": "keyboard", "actions": presses});
        let body = json!({"actions": [keyboard]});
        self.send(Method::POST, "/actions", &body).await.map(drop)
    }

    /// Waits until the last change has been painted.
    pub async fn painted(&self) -> Result<()> {
        let script = "const done = arguments[0];
             requestAnimationFrame(() => requestAnimationFrame(() => done(null)));";
        let body = json!({"script": script, "args": []});
        self.send(Method::POST, "/execute/async", &body).await.map(drop)
    }

    /// The id of the focused element.
    pub async fn focus(&self) -> Result<String> {
        let id = self.evaluate("document.activeElement.id").await?;
        Ok(id.as_str().unwrap_or_default().to_owned())
    }

    /// Closes the window and waits until its process has ended.
    pub async fn close(&self) -> Result<()> {
        self.send(Method::DELETE, "/window", &Value::Null).await?;
        self.ended().await
    }

    /// Waits until the window's process has ended.
    pub async fn ended(&self) -> Result<()> {
        // A pidfd becomes readable when the process ends.
        let program = self.program.try_clone()?;
        let patience = Timespec::try_from(TIMEOUT)?;
        let waiting = tokio::task::spawn_blocking(move || {
            poll(&mut [PollFd::new(&program, PollFlags::IN)], Some(&patience))
        });
        match waiting.await?? {
            0 => bail!("presently-window did not end within {TIMEOUT:?}"),
            _ => Ok(()),
        }
    }

    /// Sends a signal to the window's process.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        Ok(pidfd_send_signal(&self.program, signal)?)
    }

    /// The standard error of the driver and the window.
    pub fn stderr(&self) -> String {
        self.driver.stderr()
    }

    async fn element(&self, selector: &str) -> Result<String> {
        let body = json!({"using": "css selector", "value": selector});
        let element = self.send(Method::POST, "/element", &body).await?;
        Ok(element[ELEMENT].as_str().context("no element")?.to_owned())
    }

    async fn send(&self, method: Method, path: &str, body: &Value) -> Result<Value> {
        let url = format!("{}{path}", self.session);
        let answer = command(&self.http, method, &url, body).await;
        answer.with_context(|| format!("WebDriver {path} {body}"))
    }
}

/// Sends one command and returns the value of its answer.
async fn command(http: &reqwest::Client, method: Method, url: &str, body: &Value) -> Result<Value> {
    let mut request = http.request(method, url).timeout(secs(60));
    if !body.is_null() {
        request = request.header("Content-Type", "application/json").body(body.to_string());
    }
    let answer = request.send().await?;
    let ok = answer.status().is_success();
    let mut answer: Value = serde_json::from_slice(&answer.bytes().await?)?;
    let value = answer["value"].take();
    if !ok {
        bail!("{}: {}", value["error"], value["message"]);
    }
    Ok(value)
}

/// The only child of a process.
fn child_of(parent: u32) -> Result<Pid> {
    let children = std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"))?;
    let child = children.split_whitespace().next().context("the driver started no window")?;
    Pid::from_raw(child.parse()?).context("no process id")
}

/// The absolute path of a program, because the driver does not search for it.
fn which(program: &str) -> Result<std::path::PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into());
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| Path::new(file).is_file())
        .with_context(|| format!("there is no {program}"))
}
