### The window.

## Shown without an agent, and before the first sign-in.

window-not-running = Presently is not running
window-not-running-why = Until it runs, your other devices alone decide what others see.
window-unreachable = Presently cannot be reached
window-start = Start Presently
window-welcome = Welcome to Presently
window-welcome-about = It shows the people you talk to on Matrix whether you are available, busy or away, by itself. Sign in to begin.
window-welcome-privacy = It reads whether there is input, whether the screen is locked, and whether a microphone or camera is in use. It sends your homeserver what follows from that, and what you write. Which program it was never leaves this computer.

## At the top: what is wrong.

# For screen readers.
window-troubles = Troubles
window-needs-sign-in = { $user } needs a new sign-in.

## What is shown now, and why.

# Shown in place of a presence.
window-unknown = Unknown
window-unclaimed = What Presently does not know it does not claim: your other devices decide what others see.
window-back-to-automatic = Back to automatic
window-why = Why this is shown
window-claims = What counts now, the strongest first
# Shown in place of the list of claims.
window-doubted = Your calendar has a meeting until { $end }. You work without a call, so it does not count.
window-no-claims = Nothing
window-source =
    { $source ->
        [manual] Your choice
        [call] Call
        [meeting] Calendar
        [dnd] Do not disturb
        [lock] Lock
        [schedule] Working hours
        [idle] No input
        [active] Input
       *[none] Nothing known
    }
window-signals = What Presently can see
window-signal =
    { $signal ->
        [idle] Keyboard and mouse
        [microphone] Microphone
        [camera] Camera
        [screen] Screen sharing
        [lock] Screen lock
        [sleep] Sleep
       *[dnd] Do not disturb
    }
# $detail: why it is unknown, a sentence without its full stop.
window-signal-unknown = Unknown: { $detail }
window-signal-unsupported = Cannot be seen here: { $detail }

## What the person chooses to show.

window-choice = Show me as
window-automatic = Automatic
# After the word, in small letters.
window-automatic-about = from what your computer sees
window-choice-account = For
window-all-accounts = All accounts
window-choice-end = For how long
window-until-changed = Until I change it
window-30-minutes = 30 minutes
window-1-hour = 1 hour
window-4-hours = 4 hours
window-until-tomorrow = Until tomorrow
window-until-time = Until a time…
# Beside a field for a time of day.
window-time = What time
window-wrong-time = Write a time like 17:30.
window-apply = Apply

## The status message.

window-message-title = Status message
window-message-emoji = Emoji
window-message-text = Message
window-message-example = What are you doing?
# Suggested messages. Each is sent as it stands here.
window-presets = Suggestions
window-recent = Recent
window-forget = Forget “{ $message }”
window-forgotten = Forgotten
window-forget-all-ask = Forget all…
window-forget-all-title = Forget all recent messages?
window-forget-all-about = The list is kept on this computer alone. What others see does not change.
window-forget-all = Forget all
# Before the choice of an end.
window-message-end = Clear after
window-do-not-clear = Do not clear
window-today = Today
window-this-week = This week
window-a-time = A time…
window-message-clear = Clear
window-message-set = Set
window-message-public = It is public: everybody who can see your profile can read it, and it is not encrypted.
window-message-empty = Write a message, or choose Clear to remove the one that is shown.
window-message-too-long = The message has { $bytes } bytes and Matrix allows { $most }; make it shorter.
window-message-room = { $bytes } of { $most } bytes
window-emoji-wrong = Give a single emoji.
window-message-was-cleared = Message cleared
window-message-was-set = Message set

## The choice of an emoji.

window-emoji-choose = Choose an emoji
window-emoji-search = Search
window-emoji-remove = No emoji
window-emoji-close = Close
window-emoji-none = No emoji is called “{ $query }”.
window-emoji-count = { $count ->
    [one] One emoji found
   *[other] { $count } emoji found
}
window-emoji-smileys = Smileys
window-emoji-people = People
window-emoji-nature = Animals and nature
window-emoji-food = Food and drink
window-emoji-travel = Travel and places
window-emoji-activities = Activities
window-emoji-objects = Objects
window-emoji-symbols = Symbols
window-emoji-flags = Flags

## The accounts.

window-accounts = Accounts
window-add-account = Add an account…
window-connection =
    { $connection ->
        [connecting] Connecting…
        [syncing] Connected
        [retrying] Not reached, trying again
        [needs-login] Signed out by the server
       *[paused] Paused
    }
window-shown = You show
window-seen = Others see
window-not-known-yet = Not known yet
# How an invisible person looks to others.
window-offline = Offline
window-message-not-seen = Not your message yet
window-agreement = Others see what you show.
window-presence-is-off = Presence is turned off on this server.
window-nearest-is-away = This server has no busy; away is the nearest it can show.
window-not-taken-over = The server has not taken it over yet.
window-server = What this server can do
window-server-presence =
    { $presence ->
        [on] Shows presence.
        [off] Presence is turned off; status and calls can still be shown.
       *[unknown] Not known yet whether it shows presence.
    }
window-server-busy =
    { $busy ->
        [yes] Has busy.
        [no] Has no busy: others see away instead.
       *[unknown] Not known yet whether it has busy.
    }
window-server-status =
    { $status ->
        [yes] Shows your message in your profile.
       *[no] Shows your message beside your presence only.
    }
window-server-calls =
    { $calls ->
        [yes] Can show that you are in a call.
       *[no] Cannot show calls.
    }

## What an account may show.

window-settings = What it may show
window-share-label = Others see there
window-share =
    { $share ->
        [everything] Presence, message and calls
        [message] My message only
       *[nothing] Nothing: I look offline
    }
window-busy-label = When I am busy
window-busy-mode =
    { $mode ->
        [auto] Busy, or away where busy could get stuck
        [always] Busy, always
       *[never] Away, never busy
    }
window-call-field = Show in my profile when I am in a call. Anyone on the network can read it, without signing in.
window-profile-room = Keep a public room that says the presence and the message I choose. Anyone signed in anywhere can read it, and others may keep for ever what it once said.
window-saved = Saved

## Signing in.

window-sign-in = Sign in
window-sign-in-again = Sign in again
# On the button, while the server is asked.
window-sign-in-busy = Signing in…
# For screen readers: what the progress bar shows.
window-sign-in-progress = Signing in
window-user-id = Matrix user id
window-user-id-example = @me:example.org
window-user-id-wrong = Write the whole user id, like @me:example.org.
window-password = Password
window-password-missing = Write the password of this account.
window-password-goes = Your password goes to your homeserver and is not kept.
window-session = Other clients will list Presently as a session without encryption, which is right: it reads no messages.
window-homeserver = Homeserver address
window-homeserver-about = Only where it is not found by itself
window-homeserver-found = Homeserver: { $homeserver }
window-no-way-in = This server offers no way to sign in that Presently knows.
window-cancel = Cancel
window-continue-in-browser = Continue in the browser
window-browsing = Sign in as { $user } in your browser, which should have opened. Presently goes on by itself when you are done.
# The same, for screen readers.
window-browsing-announced = Sign in in your browser, which should have opened
window-browsing-address = If it did not open, open this address in it
window-browsing-progress = Waiting for the browser
window-signed-in = Signed in as { $user }

## Signing out.

window-sign-out-ask = Sign out…
# The name of the same button for screen readers.
window-sign-out-ask-user = Sign out { $user }…
window-sign-out-title = Sign out?
window-sign-out-about = Presently will no longer show anything on { $user }. To come back you will have to sign in again.
window-stay = Stay signed in
window-sign-out = Sign out
window-signed-out = Signed out { $user }

## The views of the window.

# For screen readers.
window-views = Views
window-view-now = Now
window-view-status = Status
window-view-accounts = Accounts
window-view-settings = Settings

## The settings.

window-settings-section =
    { $section ->
        [away] Away
        [busy] Busy
        [meetings] Meetings
        [hours] Working hours
       *[desktop] On this computer
    }
# $key: the setting's key in the settings file, with - in place of the dot.
window-setting =
    { $key ->
        [idle-after] Away when there was no input for
        [lock-away] Away when the screen is locked or the computer sleeps
        [call-enabled] Busy while the microphone or the camera is in use
        [call-screen_share] Sharing the screen counts too
        [call-enter] A call counts after
        [call-exit] A call ends after silence of
        [call-ignore] Programs that do not count
        [meeting-calendars] Calendars: .ics files, folders of them, and addresses
        [meeting-gnome] The calendars of GNOME count too
        [meeting-ignore] Calendars
        [meeting-check] A meeting counts
        [meeting-message] In a meeting, others read “In a meeting”
        [meeting-titles] Others read the titles of meetings in
        [meeting-out_of_office] Message while a calendar says that I am out of office
        [meeting-minimum] Meetings count from a length of
        [meeting-unanswered] Invitations that I have not answered count too
        [meeting-tentative] Tentative meetings count too
        [meeting-addresses] My e-mail addresses, to find my answers
        [hours-work] Working hours of the week
        [hours-zone] Their time zone, if it is not that of this computer
        [hours-publish_zone] Others may read my time zone in my profile
        [hours-outside] Outside of them I am
        [hours-holidays] Calendars of holidays: .ics files, folders of them, and addresses
        [dnd-busy] Busy while the desktop is on “do not disturb”
        [autostart-enabled] Start when I log in
        [notify-enabled] Show notifications
        [notify-calls] Notify me of calls that make me busy
        [history-enabled] Keep for 30 days what was shown when
       *[language] Language
    }
window-calendar-account = Add a CalDAV account
window-calendar-account-field =
    { $what ->
        [address] Address of the server
        [user] User name
       *[password] Password (an app password, where there is one)
    }
window-calendar-account-progress = Looking for calendars
window-calendars-none = They appear here where GNOME runs.
window-calendar-events =
    { $events ->
        [one] { $events } event
       *[other] { $events } events
    }
window-calendar-ignored = does not count
# $key: the setting's key in the settings file, with - in place of the dot.
window-text-example =
    { $key ->
        [hours-zone] Europe/Berlin
       *[meeting-out_of_office] On holiday
    }
window-check-meetings =
    { $it ->
        [desk] if plausible
        [call] during calls
       *[never] always
    }
window-check-meetings-about = Plausible is a meeting unless you use the computer without a call, ten minutes into a conference.
window-outside-hours =
    { $it ->
        [away] away
       *[invisible] invisible
    }
# $key: the setting's key in the settings file, with - in place of the dot.
window-list-example =
    { $key ->
        [meeting-calendars] ~/Calendars/work
        [meeting-titles] Team
        [hours-work] mon-fri 9:00-17:00
        [hours-holidays] ~/Calendars/holidays.ics
       *[meeting-addresses] me@example.org
    }
window-list-add = Add
window-list-remove = Remove { $it }
window-language =
    { $it ->
        [auto] As the desktop
        [en] English
       *[de] Deutsch
    }
# After the value that a setting has when nothing is written in the file.
window-default = { $value } (default)
window-duration =
    { $unit ->
        [s] { $count ->
            [one] { $count } second
           *[other] { $count } seconds
        }
        [m] { $count ->
            [one] { $count } minute
           *[other] { $count } minutes
        }
       *[h] { $count ->
            [one] { $count } hour
           *[other] { $count } hours
        }
    }
window-not-at-login = It is not started at login now: the desktop's own settings turned it off, or it is not installed. `presently doctor` says more.
window-ignore-example = obs
window-ignore-remove = Count { $program } again
window-ignore-recent = Used a microphone, a camera or the screen lately:
window-ignore-this = Ignore { $program }

## The day.

window-view-today = Today
window-day-today = Today
window-day-yesterday = Yesterday
# For screen readers, in place of the arrows.
window-day-before = The day before
window-day-after = The day after
window-nothing-recorded = Nothing was recorded on this day.
window-history-off = The history is off: see Settings.
window-days = The last 30 days
window-history-stays = It is kept on this computer alone. `presently history --csv` writes it as a table.
window-erase-ask = Erase…
window-export = Export as CSV
window-exported = Saved as { $path }
window-erase-title = Erase the history?
window-erase-about = What was shown on the last 30 days is removed from this computer for good.
window-keep = Keep it
window-erase = Erase

## Diagnostics.

window-diagnostics = Diagnostics
window-diagnostics-about = For a bug report, or when something is not as you expect. It contains no program's name, no message and no user id.
window-doctor-run = Check everything
window-doctor-copy = Copy
window-copied = Copied
# $state: of a part of Presently, like a signal or an account
window-check =
    { $state ->
        [good] ✓
        [bad] ✗
       *[unsure] ?
    }
window-checked =
    { $bad ->
        [0] Everything that matters works
        [one] One part does not work
       *[other] { $bad } parts do not work
    }
window-record = Record for 10 minutes
window-record-stop = Stop recording
window-recording = Recording what the signals say: do what went wrong.
window-recorded = Recorded: { $path }
