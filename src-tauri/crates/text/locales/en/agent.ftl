### What the agent answers, and what is wrong with it.

## Between the agent and its clients.

agent-not-running = Presently is not running; start it with `presently`
agent-not-yours = the agent belongs to another user; run this as the user who started it
agent-unreachable = cannot reach the agent: { $why }
agent-silent = the agent does not answer; if that stays so, end it and start it again
agent-gone = the agent ended before it answered; start it again with `presently`
agent-answer-unknown = the agent's answer is not understood; if Presently was updated, end the agent and start it again
agent-already-running = Presently is already running; open its window with `presently window`
agent-crowded = the agent has too many connections; close some
agent-of-another-user = this agent answers only the user who started it
agent-ending = the agent is ending; start it again
folder-not-yours = { $path } belongs to another user (uid { $owner }); check XDG_RUNTIME_DIR, it must name a folder of your own
folder-unusable = cannot use the folder { $path }: { $why }; check XDG_RUNTIME_DIR
lock-untaken = cannot take the lock { $path }: { $why }
socket-unusable = cannot listen on { $path }: { $why }
paths-no-runtime-folder = XDG_RUNTIME_DIR is not set to an absolute path; start Presently from your desktop session, or set it to a folder that is yours alone
paths-no-home = HOME is not set to an absolute path; set it, or XDG_CONFIG_HOME and XDG_STATE_HOME
request-unknown = the running agent (version { $version }) does not understand the request “{ $name }”; if Presently was updated, end the agent and start it again
request-malformed = that is not a request: one JSON object on one line is
request-late = no request came in time
request-unread = cannot read the request: { $why }
request-too-long = a request has at most { $most } bytes
# A signal that an older agent does not have.
signal-not-read = Not read by this version

## Why the agent cannot do what it was asked.

nothing-changed = { $why }; nothing was changed
and-also = { $first }; { $second }
account-unknown = there is no account { $user_id } here; `presently accounts` lists them
account-removed = the account was removed meanwhile
choice-has-changed = the choice has changed meanwhile; nothing was extended
choice-is-for-all = your choice is about all accounts; say `presently auto` without --account to end it
end-too-far = that is too long
end-passed = that end has passed already; give a later one
look-no-account = no account is signed in; sign in with `presently login`
sign-in-under-way = a sign-in or sign-out of { $user_id } is under way; try again when it is done
sign-in-already = { $user_id } is signed in already; sign out first to do it again
sign-in-no-browser = the server of { $user_id } has no sign-in through the browser
sign-in-given-up = this sign-in was given up; begin again
sign-out-no-account = there is no account { $user_id } here
sign-out-incomplete = signed out here, but: { $undone }
sign-out-session-left = signed out here, but: { $undone }; its session “{ $device }” may live on: end it in another client
window-not-opened = the window cannot be opened: { $why }; the command line can do everything it can
window-program-broken = { $program } ({ $why })
window-program-silent = { $program } runs, but has shown nothing for { $limit }
window-program-ended = its program ended ({ $status })
window-library = a library that it needs cannot be used: { $what }
unseen-message = Nobody can see your message: this server has neither presence nor a status in the profile
unseen-presence = Nobody can see your presence: it is turned off on this server
# The message that others see where a call cannot be shown as busy.
in-a-call = In a call

## What is wrong with the agent.

start-no-signal = cannot listen for the signal to end: { $why }
start-no-timer = no timer can be had: { $why }
tokens-not-stored = the new sign-in of { $user_id } is not stored yet: { $why }
tokens-not-moved = the sign-in of { $user_id } is still where it was kept before: { $why }
state-unsaved = { $path } cannot be saved: { $why }
state-unread = { $path } cannot be read ({ $why }); it is left as it is
state-set-aside = { $path } could not be read ({ $why }); it was kept as { $aside }
state-not-set-aside = { $path } could not be read ({ $why }) nor set aside: { $error }; it is left as it is
history-not-erased = the history is still there: { $path } cannot be removed: { $why }
state-newer = it is of version { $version }, from a newer Presently
autostart-not-arranged = it cannot be started at login: { $entry }: { $why }
autostart-not-removed = it is still started at login: { $entry }: { $why }
autostart-not-in-path = { $path } is in no folder of PATH
autostart-unwritable = { $path } cannot be written into an entry
autostart-unknown = it is not known where the program is

## The settings file.

settings-unwatched = edits of the settings file are not noticed: { $why }
settings-unwatchable = edits of the settings file count from the next start on this system
settings-file = { $path }: { $what }
settings-line = line { $line }: { $what }
settings-not-utf8 = line { $line }: this is not UTF-8; save the file as UTF-8
settings-dangling = it is a link to what is not there
export-no-folder = there is no home folder to export to
export-failed = { $path } cannot be written: { $why }
settings-empty = it is empty; remove it to go back to the defaults
settings-last-good = { $why }; the last good settings are in force
settings-defaults = { $why }; nothing is known from before, so the defaults are in force
settings-not-kept = { $path }: { $why }; a broken settings file would lose the accounts at the next start
settings-newer = { $path } is from a newer Presently
settings-no-key = there is no setting “{ $key }”; `presently settings` shows all of them
settings-key-ignored = there is no setting “{ $key }”; it is ignored
settings-mend-first = { $why }; mend it first
settings-by-hand = { $path }: { $why }; edit it there
settings-form = this stands there in a form that cannot be changed
settings-entangled = this cannot be changed without changing something else
settings-unsaved = cannot save { $path }: { $why }; nothing was changed
settings-not-this-way = “{ $key }” is not changed this way: use `presently account`, or edit { $path }
settings-set-section = “{ $key }” is a section; set one of its values, like { $key }.{ $sample }
settings-of-key = { $key }: { $why }
settings-is-section = “{ $key }” is a section, like [{ $key }], and has values, like { $key }.{ $sample }; what was in force before holds
settings-version-newer = version { $version } is from a newer Presently; what this one knows of it holds
settings-version-wrong = version is a number; write version = { $version }
settings-list-holds = { $why }; what was in { $key } before holds
settings-value-holds = { $why }; until it is mended, { $key } is { $value }
settings-account-ignored = an account is written as [[account]]; this is ignored
settings-account-brackets = an account begins with [[account]], in two brackets each
settings-accounts-hold = accounts are written as [[account]]; those from before hold
settings-account-twice = this account is listed before; only the first one holds
settings-no-user-id = this account has no user_id; write user_id = "@me:example.org"
settings-bad-user-id = this is no user id; write it like "@me:example.org"
settings-not-boolean = { $value } is neither true nor false
settings-not-list = { $value } is not a list; write it like ["obs", "zoom"]
settings-unquoted = { $value } belongs into quotes
settings-not-word = { $value } is not a word in quotes

## What the signals say.

signal-not-yet = Not looked at yet
signal-input = input
signal-no-input = no input
signal-locked = locked
signal-not-locked = not locked
signal-other-session = another session is in front
signal-awake = awake
signal-asleep = asleep
signal-on = on
signal-off = off
signal-not-in-use = not in use
signal-used-by-some =
    { $count ->
        [one] in use by a program
       *[other] in use by { $count } programs
    }
signal-used-by = in use by { $programs }
# A program without a name, in a list.
signal-a-program = a program
# A list of programs.
signal-and-also = { $first }, { $second }

## The window's program.

window-does-not-answer = there is a window already that does not answer; end presently-window and try again
window-no-display = no display can be opened ({ $wayland }, { $x11 })
variable-is = { $name } is { $value }
variable-not-set = { $name } is not set
window-not-its-request = the window does not ask for that
window-agent-ended = { $program } ended ({ $status }); start it in a terminal to see why
window-agent-not-started = cannot start { $program }: { $why }; install Presently again
window-not-recorded = { $program } did not record: { $why }

## Calendars.

no-meeting = no meeting is on
caldav-password = the user’s name or the password is wrong for { $server }
caldav-none = there are no calendars to be found at { $server } with CalDAV
caldav-no-password = there is no password for { $address }; say it with: presently calendar add { $address }
hours-zone = nobody knows the time zone { $name } of your working hours; that of this computer is used
calendar-crashed = the calendar could not be read because of a mistake in Presently; please report it
calendar-unreadable = the calendar { $path } cannot be read: { $why }
calendar-line = { $path }, line { $line }: { $what }
calendar-event = { $name }: { $what }
# $why: why the calendar cannot be read.
calendar-last-good = { $why }; what it held before counts for a day
calendar-none = this is no calendar
calendar-cut-off = the calendar ends in the middle
calendar-too-large = the calendar is too large
calendar-no-start = this event has no start that can be read
calendar-unknown-zone = nobody knows the time zone “{ $name }”; your own is used
calendar-rule = this event recurs by a rule that cannot be followed; only its first time counts
calendar-syntax = this event cannot be read
# $status: a number of HTTP, like 404.
download-refused = the server { $server } answers { $status }
download-too-large = the calendar at { $server } has more than { $limit } MB
download-bad-address = it is no address that nobody can read on the way; begin it with https://
download-redirect = { $server } sends the request on to an address that is not followed
download-cut-off = { $server } did not send all of it
