//! Opening a page in the person's browser.

use std::io;

#[cfg(target_os = "linux")]
#[path = "browser/xdg.rs"]
mod system;
#[cfg(not(target_os = "linux"))]
#[path = "browser/none.rs"]
mod system;

/// Opens a web page (http or https), never a file or another scheme. The
/// browser outlives this process. Must be called within a tokio runtime.
///
/// # Errors
///
/// If the URL is not one of a web page, or no browser can be started. The
/// person must then open the page themselves.
pub fn open(url: &str) -> io::Result<()> {
    if !is_page(url) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "that is no page of the web"));
    }
    system::open(url)
}

fn is_page(url: &str) -> bool {
    let web = url.starts_with("https://") || url.starts_with("http://");
    web && url.chars().all(|c| c.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::is_page;

    #[test]
    fn only_pages_of_the_web_are_opened() {
        assert!(is_page("https://example.org/authorize?x=%20y"));
        assert!(is_page("http://127.0.0.1:8008/"));
        for other in ["file:///etc/passwd", "javascript:alert(1)", "-h", "", "https://a b", "HTTP:"]
        {
            assert!(!is_page(other), "{other}");
        }
    }
}
