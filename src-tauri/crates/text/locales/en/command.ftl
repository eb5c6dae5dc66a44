### What the command line says.

## What a command did.

# After a choice: what others are to see, until when, and on which account.
choice-until = { $choice }, { $until }
choice-on = { $choice } on { $user_id }
message-set = Message set
message-set-until = Message set, { $until }
message-cleared = Message cleared
recent-none = No message was set yet
recent-forgotten = Forgotten: { $message }
recent-forgotten-all = All recent messages are forgotten
recent-no-such = there is no recent message { $number }; `presently message --recent` lists them
pause-calls = Call detection is paused
pause-calls-until = Call detection is paused, { $until }
pause-account = { $user_id } is paused
pause-account-until = { $user_id } is paused, { $until }
resumed-all = Nothing is paused any more
resumed-calls = Calls are detected again
resumed-account = { $user_id } is no longer paused
pause-hours = Every hour is a working hour
pause-hours-until = Every hour is a working hour, { $until }
resumed-hours = Your working hours apply again
status-next-meeting = Next meeting: { $day }, { $start } – { $end }
status-meeting-uncounted = The meeting until { $end } does not count: no call is on. If you are in it: presently calendar attend
status-hours-paused = Your working hours do not apply; `presently resume hours`
status-hours-paused-until = Your working hours do not apply { $until }; `presently resume hours`
signed-out-of = Signed out of { $user_id }
signed-in-as = Signed in as { $user_id }
# $server: its address.
signed-in-as-on = Signed in as { $user_id } on { $server }

## Signing in.

password-for = Password for { $user_id }:
password-missing = no password was given
password-unread = cannot read the password: { $why }
# In a script, for example.
password-no-terminal = there is no terminal to ask for the password; use --password-stdin
answer-unread = cannot read the answer: { $why }
interrupted = interrupted
login-no-way = the server of { $user_id } offers no way to sign in that Presently knows
# Followed by the address on a line of its own.
login-browser-opens = Your browser opens to sign you in. If it does not, open this address in it:
login-open-yourself = To sign in, open this address in a browser on this computer:
login-waiting = Waiting for you to come back; Ctrl-C gives up.
# A question that is answered by a letter: yes or no. The capital letter is the
# answer where nothing is typed.
login-show-calls = Show in your profile when you are in a call? Anyone on the network can read it, without signing in. [y/N]
# The first letter of "yes".
yes-letter = y

## `presently status` and `presently accounts`.

status-no-account = No account yet; sign in with `presently login @you:example.org` or `presently window`
status-because = { $presence }: { $reason }
# $when: until or since some moment.
status-because-when = { $presence }: { $reason }, { $when }
status-message = Message: { $message }
status-message-here = Message here: { $message }
status-no-message-here = No message here
status-message-until = { $message } ({ $until })
status-calls-paused = Call detection is paused; `presently resume calls`
status-calls-paused-until = Call detection is paused { $until }; `presently resume calls`
status-line-calls-paused-until = Call detection is paused { $until }
status-trouble = Trouble: { $trouble }
# What an account is to show where it is no presence.
status-nothing = nothing
status-connecting = { $intended }, connecting
status-retrying = { $intended }, no connection: { $why }
status-trying-again = trying again
status-needs-sign-in = not signed in; `presently login { $user_id }`
status-paused = paused, others see you as offline
status-paused-until = paused { $until }, others see you as offline
status-seen-by-nobody = { $intended }, which this server shows to nobody
status-not-confirmed = { $intended }, not confirmed yet
status-seen-with-other-message = { $intended }, others see it with another message
status-seen = { $intended }, others see it
status-seen-as = { $intended }, others see { $seen }
status-no-server = server not known yet
# An entry in the list of what a server can do.
status-server-busy =
    { $busy ->
        [yes] has busy
       *[no] no busy
    }
status-server-presence =
    { $presence ->
        [off] presence turned off
       *[unknown] presence not known yet
    }

## `--wait`.

wait-no-answer = the agent has not answered
wait-agent-ended = the agent ended before others saw it
wait-not-seen = it is set, but others cannot see it: { $missing }
wait-not-yet = it is set, but others do not see it yet: { $missing }; the agent goes on trying
# An account, and what is missing there.
wait-account = { $user_id } ({ $missing })
wait-and-also = { $first }, { $second }
wait-connecting = connecting
wait-connecting-because = connecting: { $why }
wait-retrying = retrying
wait-retrying-because = retrying: { $why }
wait-sign-in = sign in again
wait-not-confirmed = not confirmed
wait-not-read-back = not read back
wait-seen-as = others see { $presence }

## `presently look`.

look-who = { $name } ({ $user_id })
look-presence = { $presence }: { $message }
# How an invisible person looks to others.
look-offline = Offline
look-active-now = Active now
look-last-active = Last active { $moment }
look-status = Status: { $status }
look-in-a-call = In a call
look-in-a-call-since = In a call { $since }
look-profile-room = Profile room: { $what }
look-not-seen = Not seen: { $what }

## `presently status --follow` and the program itself.

agent-has-ended = the agent has ended
start-no-runtime = cannot start: { $why }
upgrade-failed = the newer version cannot be started: { $why }; start Presently again
output-unwritten = cannot write to standard output: { $why }

## `presently history`.

# The start and the end of what was shown.
history-times = { $start } – { $end }
# The end of what is still shown.
history-now = now
# Which source decided what was shown.
history-source =
    { $source ->
        [manual] you chose it
        [call] in a call
        [meeting] in a meeting
        [dnd] do not disturb
        [lock] locked, asleep or in another session
        [schedule] outside working hours
        [idle] no input
        [active] input
       *[none] nothing known
    }
# The agent did not run, or the history was off.
history-gap = Not recorded
history-total = { $presence } { $duration }
history-total-calls = { $presence } { $duration }, { $calls } of it in calls
history-empty = Nothing was recorded on { $date }
history-off = The history is off; `presently settings set history.enabled true`
history-erased = The history is erased

## `presently signals` and `presently simulate`.

signals-unknown = unknown: { $what }
signals-unsupported = cannot be seen: { $what }
# $names: names of programs.
signals-ignored = { $what } (ignored: { $names })
signals-recorded = Recorded in { $path }
recording-exists = { $path } exists already; give a new file's name
recording-unwritten = cannot write { $path }: { $why }
recording-unread = cannot read { $path }: { $why }
recording-empty = { $path } is empty; `presently signals --record FILE` makes a recording
recording-no-header = { $path }, line 1: this is no recording of `presently signals` ({ $why })
recording-newer = { $path }, line 1: this recording is of version { $version }, from a newer Presently
recording-line = { $path }, line { $line }: { $why }
# What is wrong with a line of the recording.
recording-has-ended = the recording has ended before it
simulate-no-file = there is no file { $path }
simulate-ends = The recording ends
simulate-nothing = Nothing was recorded
simulate-idle-after = Input was recorded with idle.after = { $recorded }; that of the settings, { $set }, is not used
simulate-no-names = Programs were recorded without names: those ignored then are ignored, whatever call.ignore says
simulate-cut-off = The recording was cut off: what its end led to is not known

## `--until` and `--day`. The command line says this in English only.

until-not-a-time = “{ $text }” is not a time; write it like 17:30, tomorrow, "tomorrow 9:00" or 2026-11-23T09:00
not-a-day = “{ $text }” is not a day; write it like today, yesterday or 2026-11-23
until-past = that time has passed
until-too-far = that is more than a year away

## Calendars.

calendar-not-yet = There is no calendar yet. Add a file, a folder or an address: presently calendar add CALENDAR
calendar-added =
    Added { $path }, { $events ->
        [one] { $events } event
       *[other] { $events } events
    }
calendar-removed = Removed { $path }; a file stays
calendar-unknown = there is no calendar { $path }; see: presently calendar list
calendar-account-added = Added the calendars of { $path }
calendar-account-name = { $name } ({ $server })
calendar-events-near =
    { $events ->
        [one] { $events } event in these days
       *[other] { $events } events in these days
    }
calendar-needs-user = If { $path } is a CalDAV server, say who you are: presently calendar add { $path } --user NAME
calendar-counts-again = { $name } counts again
calendar-counts-no-more = { $name } stays in GNOME and does not count any more
calendar-ignored = does not count
calendar-gnome-name = { $name } (GNOME)
calendar-events =
    { $events ->
        [one] { $events } event
       *[other] { $events } events
    }
agenda-empty = Nothing in the next seven days
agenda-all-day = all day
agenda-counts =
    { $counts ->
        [busy] busy
       *[away] away
    }
agenda-uncounted =
    { $why ->
        [cancelled] no: cancelled
        [declined] no: you declined
        [free] no: its time is free
        [elsewhere] no: you work elsewhere
        [all-day] no: it is about the day
        [unanswered] no: you have not answered
        [tentative] no: tentative
       *[too-short] no: too short
    }
