//! Hides private data in a bug report: the person's names and home folder.
//! Error texts come from servers, the system and files and may contain them
//! anywhere, so every printed line is searched.

use presently_ipc::snapshot::Doctor;

/// A name with fewer letters is hidden only as a separate word, because it
/// occurs within too many others.
const SHORTEST_PART: usize = 4;

/// Private texts and their placeholders. Longer texts come first, because
/// shorter ones may be parts of them.
pub(super) struct Private(Vec<(String, String)>);

impl Private {
    /// Collects what is private about these accounts, this user and this
    /// computer.
    pub(super) fn of_this_computer<'a>(user_ids: impl Iterator<Item = &'a str>) -> Self {
        let var = |name| std::env::var(name).unwrap_or_default();
        let home = var("HOME");
        // System errors contain the resolved path.
        let really = std::fs::canonicalize(&home).unwrap_or_default();
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let homes = [home.as_str(), &really.to_string_lossy()];
        Self::new(user_ids, &homes, &[&var("USER"), &var("LOGNAME")], &host)
    }

    fn new<'a>(
        user_ids: impl Iterator<Item = &'a str>,
        homes: &[&str],
        logins: &[&str],
        host: &str,
    ) -> Self {
        let mut all = Vec::new();
        let mut hide = |what: &str, shown: String| {
            if !what.is_empty() {
                all.push((what.to_owned(), shown));
            }
        };
        for (n, user_id) in user_ids.enumerate().map(|(n, id)| (n + 1, id)) {
            hide(user_id, format!("<account {n}>"));
            let name = user_id.trim_start_matches('@');
            let (name, server) = name.split_once(':').unwrap_or((name, ""));
            hide(name, format!("<user {n}>"));
            hide(server, format!("<server {n}>"));
        }
        for home in homes {
            // A home folder of `/` identifies nobody.
            let home = home.trim_end_matches('/');
            hide(home, "~".to_owned());
        }
        // The name `root` identifies nobody.
        for login in logins.iter().filter(|login| **login != "root") {
            hide(login, "<login>".to_owned());
        }
        if host != "localhost" {
            hide(host, "<computer>".to_owned());
        }
        all.sort_by_key(|(what, _)| std::cmp::Reverse(what.len()));
        Self(all)
    }

    /// Hides private data in every line. The names of the checks stay, because
    /// they are constant.
    pub(super) fn hide_in(&self, doctor: &mut Doctor) {
        let lines = doctor
            .checks
            .iter_mut()
            .flat_map(|check| std::iter::once(&mut check.summary).chain(check.details.iter_mut()));
        for line in lines.chain(std::iter::once(&mut doctor.system)) {
            *line = self.hide(line);
        }
    }

    /// The line with private data replaced.
    fn hide(&self, line: &str) -> String {
        let mut hidden = String::with_capacity(line.len());
        let mut rest = line;
        let mut before = None;
        while let Some(next) = rest.chars().next() {
            let found = self.at(rest, before).or_else(|| unknown_user_or_host(rest));
            let (length, shown) = found.unwrap_or((next.len_utf8(), ""));
            let (taken, after) = rest.split_at(length);
            hidden.push_str(if found.is_some() { shown } else { taken });
            before = taken.chars().last();
            rest = after;
        }
        hidden
    }

    /// The length and placeholder of the private text that `text` begins with,
    /// if any.
    fn at(&self, text: &str, before: Option<char>) -> Option<(usize, &str)> {
        let inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let found = self.0.iter().find(|(what, _)| {
            let Some((head, tail)) = text.split_at_checked(what.len()) else { return false };
            let alone = || !inside(before) && !inside(tail.chars().next());
            head.eq_ignore_ascii_case(what) && (what.len() >= SHORTEST_PART || alone())
        });
        found.map(|(what, shown)| (what.len(), shown.as_str()))
    }
}

/// Matches a user id that is none of the accounts here, or the host of a URL:
/// an account that was signed out or mistyped, or a proxy.
fn unknown_user_or_host(text: &str) -> Option<(usize, &'static str)> {
    let ends = |c: char| c.is_whitespace() || "\"'`“”‘’()<>,;/?#".contains(c);
    let length = |text: &str| text.find(ends).unwrap_or(text.len());
    if let Some(host) = text.strip_prefix("://") {
        let length = length(host);
        return (length > 0).then_some((length + 3, "://<host>"));
    }
    let name = text.strip_prefix('@')?;
    // Historical user ids may contain a slash in the localpart.
    let colon = name.find(|c: char| c == ':' || c != '/' && ends(c))?;
    let server = name[colon..].strip_prefix(':')?;
    (colon > 0).then_some((colon + 2 + length(server), "<user id>"))
}

#[cfg(test)]
mod tests {
    use presently_ipc::snapshot::{Check, CheckState};
    use proptest::prelude::*;

    use super::*;

    fn private(user_ids: &[&str], home: &str) -> Private {
        Private::new(user_ids.iter().copied(), &[home], &["alex"], "alexandria")
    }

    #[test]
    fn what_stands_in_its_place() {
        let private = private(&["@jo:hs.example", "@alexandra:example.org"], "/home/alex/");
        for (line, wanted) in [
            ("no sign-in for @jo:hs.example: sign in", "no sign-in for <account 1>: sign in"),
            ("@JO:hs.example", "<account 1>"),
            ("jo is joking, jo", "<user 1> is joking, <user 1>"),
            ("Alexandra's phone", "<user 2>'s phone"),
            (
                "/home/alex/.config/presently/settings.toml: x",
                "~/.config/presently/settings.toml: x",
            ),
            ("/run/alex of alexandria", "/run/<login> of <computer>"),
            ("https://example.org:8448/_matrix failed", "https://<host>/_matrix failed"),
            ("by http://me:secret@proxy.lan:3128", "by http://<host>"),
            ("who is “@old:elsewhere.net”?", "who is “<user id>”?"),
            ("example.org does not answer", "<server 2> does not answer"),
            ("presence@work and @ home", "presence@work and @ home"),
            ("écru @jo:hs.example é", "écru <account 1> é"),
            ("", ""),
        ] {
            assert_eq!(private.hide(line), wanted, "{line}");
        }
    }

    #[test]
    fn a_home_that_is_the_system_itself_hides_nothing() {
        let private = Private::new(std::iter::empty(), &["/", ""], &["", "root"], "localhost");
        let line = "/etc/os-release of root on localhost";
        assert_eq!(private.hide(line), line);
    }

    proptest! {
        /// For names from every source, surrounded by any text.
        #[test]
        fn neither_the_person_nor_their_home_is_printed(
            name in "[a-z0-9._=/+-]{0,12}zq[a-z0-9._-]{2,12}",
            server in "zx[a-z]{2,10}\\.[a-z]{2,3}(:[0-9]{2,5})?",
            home in "/[a-z]{1,8}/zw[a-z0-9.-]{2,12}",
            around in prop::collection::vec("\\PC{0,12}", 7),
        ) {
            let user_id = format!("@{name}:{server}");
            let private = private(&[&user_id], &home);
            let capital = name.to_uppercase();
            let said = [user_id.as_str(), &name, &server, &home, &capital, &name];
            let mut line = around[0].clone();
            for (what, after) in said.iter().zip(&around[1..]) {
                line.push_str(what);
                line.push_str(after);
            }
            let check = Check {
                part: "idle".to_owned(),
                state: CheckState::Good,
                summary: line.clone(),
                details: vec![String::new(), line.clone()],
            };
            let mut doctor =
                Doctor { version: "1".to_owned(), system: line, checks: vec![check] };
            private.hide_in(&mut doctor);
            let printed = format!("{doctor:?}").to_lowercase();
            for private in [&name, &server, &home] {
                prop_assert!(!printed.contains(private.as_str()), "{private} is in {printed}");
            }
        }
    }
}
