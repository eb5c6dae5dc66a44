### What tray, notifications, command line and window have in common.

# What somebody is shown as.
presence =
    { $presence ->
        [online] Available
        [busy] Busy
        [unavailable] Away
        [offline] Invisible
       *[unknown] Not known
    }

## Times. The hours and the order follow the country, not the language.

# As in "busy until 17:30".
until = until { $moment }
since = since { $moment }
moment-tomorrow = tomorrow { $time }
moment-yesterday = yesterday { $time }
moment-weekday = { $weekday } { $time }
moment-date =
    { $order ->
        [month-day] { $date }, { $time }
       *[day-month] { $date } { $time }
    }
# The end of the day on which something began.
moment-midnight = midnight
time-24 = { $hour }:{ $minute }
time-12 =
    { $half ->
        [am] { $hour }:{ $minute } AM
       *[pm] { $hour }:{ $minute } PM
    }
date =
    { $order ->
        [month-day] { $month } { $day }
       *[day-month] { $day } { $month }
    }
date-year =
    { $order ->
        [month-day] { $month } { $day }, { $year }
       *[day-month] { $day } { $month } { $year }
    }
weekday =
    { $weekday ->
        [monday] Monday
        [tuesday] Tuesday
        [wednesday] Wednesday
        [thursday] Thursday
        [friday] Friday
        [saturday] Saturday
       *[sunday] Sunday
    }
month =
    { $month ->
        [january] January
        [february] February
        [march] March
        [april] April
        [may] May
        [june] June
        [july] July
        [august] August
        [september] September
        [october] October
        [november] November
       *[december] December
    }

## Why something is shown: sentences without a full stop.

reason-chosen = You chose it
# $uses: what the program uses.
reason-call-here =
    { $uses ->
        [microphone] { $program } is using the microphone
        [camera] { $program } is using the camera
        [screen] { $program } is sharing the screen
       *[both] { $program } is using the microphone and the camera
    }
# After the programs that are named: how many more there are.
reason-call-others = { $others } more
reason-call-elsewhere = In a call on another device
reason-meeting = In a meeting
reason-out-of-office = Out of office
reason-outside-hours = Outside working hours
reason-do-not-disturb = Do not disturb is on
reason-asleep = The computer is asleep
reason-locked = The screen is locked
reason-other-session = Another session is in front
reason-no-input = No keyboard or mouse input
reason-input = Keyboard or mouse in use
reason-message-only = This account is told your status message only
reason-nothing-shared = This account is told nothing
reason-starting = Just started
reason-nothing-known = Nothing is known
reason-other = For a reason that this version does not know
# A program without a name.
a-program = A program

## What a person should know about an account: sentences without a full stop.

note-presence-off = Presence is turned off on this server
note-no-busy = This server has no “busy”: shown as away
another-device = Another device of yours
note-other-device =
    { $presence ->
        [online] { $name } keeps you available
        [busy] { $name } keeps you busy
        [unavailable] { $name } keeps you away
       *[offline] { $name } keeps you invisible
    }
note-server-holds = The server itself keeps you busy, for an hour at most
note-would-be-held-by = Shown as away, because { $name } would keep you busy
note-would-be-held = Shown as away, because another device of yours could keep you busy
note-message-replaced = Another device changed your message
note-field-refused =
    { $field ->
        [status] The server refuses your status in your profile: { $message }
        [zone] The server refuses your time zone in your profile: { $message }
       *[call] The server refuses your call in your profile: { $message }
    }
# $message: the server's own words.
note-removal-refused =
    { $field ->
        [status] The server refuses to take your status out of your profile, where others still read it: { $message }
        [zone] The server refuses to take your time zone out of your profile, where others still read it: { $message }
       *[call] The server refuses to take your call out of your profile, where others still read it: { $message }
    }
note-call-unknown = Whether your call on another device goes on cannot be known while this server does not answer
note-other = Something that this version does not know
room-taken = No profile room: somebody else has taken its name
room-refused = No profile room: the server refuses it: { $why }

## Why an input is refused.

# A text that is shown as it is.
plain = { $text }
message-empty = a message needs some text; to remove it use --clear
message-too-long = the message has { $bytes } bytes and Matrix allows { $most }; make it shorter
emoji-too-long = the emoji has { $bytes } bytes and Matrix allows { $most }; give a single one
not-working-hours = “{ $text }” is no working hours: write them like mon-fri 9:00-12:30, 13:00-17:00
not-a-duration = “{ $text }” is not a duration; write it like 90s, 5m or 1h30m
# What is wrong with a line of a recording.
recording-backwards = its “ms” is less than that of the line before it

## Meetings.

in-meeting = I am in this meeting
not-in-meeting = I am not in this meeting

## Working hours.

work-longer = Work an hour longer
