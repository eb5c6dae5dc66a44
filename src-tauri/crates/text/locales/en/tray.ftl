### The tray and its notifications.

automatic = Automatic
# The first line: what is shown, until when, and why.
tray-state = { $presence } — { $reason }
tray-state-until = { $presence } until { $until } — { $reason }
tray-until = Until { $until }
for-half-an-hour = 30 minutes
for-an-hour = 1 hour
for-four-hours = 4 hours
until-tomorrow = Until tomorrow
until-changed = Until I change it
tray-sign-in = Sign in…
tray-pause-calls = Pause call detection for an hour
tray-resume-calls = Resume call detection
tray-open = Open
tray-quit = Quit
needs-sign-in = { $user_id } needs a new sign-in
tray-unreachable = { $user_id } cannot reach its server
tray-problem = { $user_id }: { $problem }

## Notifications.

notice-ending =
    { $presence ->
        [online] Available ends at { $time }
        [busy] Busy ends at { $time }
        [unavailable] Away ends at { $time }
        [offline] Invisible ends at { $time }
       *[unknown] Your choice ends at { $time }
    }
notice-ending-everywhere = After that your presence is automatic again.
notice-ending-on = After that your presence on { $user_id } is automatic again.
notice-sign-in = Nobody sees your presence there until then. Open Presently to sign in again.
notice-settings = Your settings have a mistake
notice-window = Presently's window did not open

## For `presently doctor`, and why there is no tray.

tray-host-present = the desktop shows tray icons
tray-host-absent = nothing here shows tray icons; the icon appears when a panel starts to (GNOME needs its AppIndicator extension)
tray-host-unknown = no tray icon can be shown: { $why }
tray-bus-says = the session bus says: { $why }
tray-desktop-silent = the desktop does not answer
tray-icon-unreadable = the tray's icon { $name } cannot be read: { $why }; this is a fault in Presently
tray-not-started = the tray could not be started: { $why }
notify-refused = the desktop shows no notifications: { $why }
notify-silent = the desktop's notifications do not answer
