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
tray-other-time = Other time…
tray-message = Message
tray-no-message = No message
tray-clear-message = Clear message
tray-other-message = Other…
tray-accounts = Accounts
# What others see on an account, and why that is not what was meant.
tray-account = { $user_id } — { $presence }
tray-account-note = { $user_id } — { $presence }: { $note }
tray-account-paused = { $user_id } — paused
tray-account-paused-until = { $user_id } — paused until { $until }
tray-pause = Pause
tray-pause-accounts = All accounts for an hour: others see you offline
tray-resume-accounts = Resume all accounts
tray-pause-calls = Call detection for an hour
tray-resume-calls = Resume call detection
tray-resume-hours = Working hours apply again
# The first line while every account is paused.
tray-all-paused = Paused — others see you offline
tray-all-paused-until = Paused until { $until } — others see you offline
tray-no-problem = No problems
# After the first of several problems.
tray-more-problems =
    { $count ->
        [one] one more problem
       *[other] { $count } more problems
    }
tray-more =
    { $count ->
        [one] and one more
       *[other] and { $count } more
    }
tray-open = Open
tray-quit = Quit
needs-sign-in = { $user_id } needs a new sign-in
tray-unreachable = { $user_id } cannot reach its server
tray-problem = { $user_id }: { $problem }

## Messages that the tray and the window suggest.

preset-meeting = In a meeting
preset-commuting = Commuting
preset-lunch = At lunch
preset-remote = Working remotely
preset-sick = Out sick
preset-holiday = On holiday

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
notice-kept-busy = { $name } keeps you busy
notice-kept-busy-on = Others see you busy on { $user_id } until it is no longer in use.
notice-call-began = You are shown as busy
notice-call-began-about = A call has begun.
notice-call-ended = You are no longer shown as busy
notice-call-ended-about = The call has ended.
notice-extend = 30 minutes longer
notice-sign-in-now = Sign in
notice-settings = Your settings have a mistake
notice-doubted = Are you in a meeting?
notice-doubted-about = Your calendar has one until { $time }, but you work without a call, so it does not count.
notice-window = Presently's window did not open

## For `presently doctor`, and why there is no tray.

tray-host-present = the desktop shows tray icons
tray-host-absent = nothing here shows tray icons; the icon appears when a panel starts to (GNOME needs its AppIndicator extension)
tray-host-unknown = no tray icon can be shown: { $why }
tray-bus-says = the session bus says: { $why }
tray-desktop-silent = the desktop does not answer
tray-icon-unreadable = the tray's icon { $name } cannot be read: { $why }; this is a fault in Presently
tray-unsupported = there is no tray icon on this system yet
tray-not-started = the tray could not be started: { $why }
notify-refused = the desktop shows no notifications: { $why }
notify-silent = the desktop's notifications do not answer
