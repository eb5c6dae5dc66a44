//! Which recording streams are a program's use of the microphone.

use std::collections::BTreeMap;

use presently_core::call::Program;

/// Recording at or below this rate is a level meter: speech needs thousands
/// of samples a second, pavucontrol's meter takes 25.
const METER_RATE: u32 = 150;

/// A recording stream, as the sound server describes it.
#[derive(Clone, Debug, Default)]
pub(super) struct Stream {
    /// The program behind it; the sound server's own modules have none.
    pub(super) client: Option<Properties>,
    /// It is paused.
    pub(super) corked: bool,
    /// What it records from; none where it is connected to nothing.
    pub(super) source: Option<Source>,
    /// How its rate is converted, if it is.
    pub(super) resample_method: Option<String>,
    /// Samples a second.
    pub(super) rate: u32,
    /// What else is known.
    pub(super) properties: Properties,
}

/// What a stream records from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A microphone, or something that stands for one.
    Microphone,
    /// What is being played.
    Monitor,
    /// What programs play into nothing, and the person has chosen for their
    /// microphone.
    StandIn,
}

/// Named values, such as `application.name`.
#[derive(Clone, Default)]
pub(super) struct Properties(pub(super) BTreeMap<String, String>);

// They name programs, which are not for logs.
impl std::fmt::Debug for Properties {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Properties({})", self.0.len())
    }
}

impl Properties {
    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    fn is_true(&self, name: &str) -> bool {
        matches!(self.text(name), Some("true" | "1" | "yes"))
    }
}

impl Stream {
    /// Whether a program listens through it.
    pub(super) fn listens(&self) -> bool {
        let properties = &self.properties;
        let meter = self.resample_method.as_deref() == Some("peaks")
            || self.rate <= METER_RATE
            || properties.is_true("resample.peaks")
            || properties.is_true("stream.monitor");
        let machinery = properties.is_true("node.virtual")
            || properties.is_true("node.passive")
            || matches!(properties.text("media.role"), Some("filter" | "abstract"));
        self.client.is_some()
            && !self.corked
            && match self.source {
                Some(Source::Microphone) => !properties.is_true("stream.capture.sink"),
                Some(Source::StandIn) => true,
                Some(Source::Monitor) | None => false,
            }
            && !meter
            && !machinery
    }

    /// Which program that is. What the stream does not say its client may.
    pub(super) fn program(&self) -> Program {
        let text = |name| {
            let of_client = || self.client.as_ref().and_then(|client| client.text(name));
            self.properties.text(name).or_else(of_client)
        };
        Program {
            name: text("application.name").map(plain_name),
            binary: text("application.process.binary").map(str::to_owned),
            id: text("pipewire.access.portal.app_id")
                .or_else(|| text("application.id"))
                .map(str::to_owned),
        }
    }
}

/// The name without what sound libraries add to it.
fn plain_name(name: &str) -> String {
    // The ALSA plug-in: `ALSA plug-in [zoom]`.
    let inner = name.strip_prefix("ALSA plug-in [").and_then(|rest| rest.strip_suffix(']'));
    // Chromium and its kin: `Chromium input`.
    inner.or_else(|| name.strip_suffix(" input")).unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn properties(pairs: &[(&str, &str)]) -> Properties {
        Properties(pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect())
    }

    fn recording() -> Stream {
        Stream {
            client: Some(properties(&[("application.name", "Firefox")])),
            source: Some(Source::Microphone),
            rate: 44_100,
            ..Stream::default()
        }
    }

    fn with(pairs: &[(&str, &str)]) -> Stream {
        Stream { properties: properties(pairs), ..recording() }
    }

    #[test]
    fn what_counts_as_listening() {
        let peaks = Some("peaks".to_owned());
        let table = [
            ("a program that records", recording(), true),
            ("at telephone quality", Stream { rate: 8_000, ..recording() }, true),
            ("paused", Stream { corked: true, ..recording() }, false),
            ("a module of the server", Stream { client: None, ..recording() }, false),
            (
                "what is being played",
                Stream { source: Some(Source::Monitor), ..recording() },
                false,
            ),
            (
                "what stands for the microphone",
                Stream {
                    source: Some(Source::StandIn),
                    ..with(&[("stream.capture.sink", "true")])
                },
                true,
            ),
            ("connected to nothing", Stream { source: None, ..recording() }, false),
            ("what is being played, in PipeWire", with(&[("stream.capture.sink", "true")]), false),
            ("a meter", Stream { resample_method: peaks, ..recording() }, false),
            ("a meter by its rate", Stream { rate: 25, ..recording() }, false),
            ("a meter, in PipeWire", with(&[("resample.peaks", "true")]), false),
            ("pavucontrol, in PipeWire", with(&[("stream.monitor", "true")]), false),
            ("a remap", with(&[("node.virtual", "true")]), false),
            ("echo cancelling", with(&[("node.passive", "true")]), false),
            ("echo cancelling, in PulseAudio", with(&[("media.role", "filter")]), false),
            ("a loopback, in PulseAudio", with(&[("media.role", "abstract")]), false),
            ("a phone", with(&[("media.role", "phone")]), true),
            ("said not to be virtual", with(&[("node.virtual", "false")]), true),
        ];
        for (what, stream, listens) in table {
            assert_eq!(stream.listens(), listens, "{what}");
        }
    }

    #[test]
    fn who_it_is() {
        let stream = with(&[
            ("application.name", "Chromium input"),
            ("application.process.binary", "chromium"),
        ]);
        let program = stream.program();
        assert_eq!(program.name.as_deref(), Some("Chromium"));
        assert_eq!(program.binary.as_deref(), Some("chromium"));
        assert_eq!(recording().program().name.as_deref(), Some("Firefox"), "from its client");
        let alsa = with(&[("application.name", "ALSA plug-in [zoom]")]);
        assert_eq!(alsa.program().name.as_deref(), Some("zoom"));
        assert_eq!(with(&[("application.name", " ")]).program().called(), Some("Firefox"));
    }
}
