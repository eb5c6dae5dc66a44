### What homeservers and the secret store answer.

## The way to a homeserver.

# $why: one of the causes below, or the system's words.
server-unreachable = { $host } cannot be reached: { $why }
# $why: one of the causes that begin with “certificate” below.
server-untrusted = { $host } has no valid certificate: { $why }
# There is a captive portal.
network-sign-in = This network wants you to sign in, in a browser, before it leads to { $host }
server-not-matrix = { $host } does not answer like a Matrix server: does this network want you to sign in first, in a browser?
server-endless = { $host } answers without end: tell its administrator
server-fault = { $host } has a fault of its own (HTTP { $status })
server-limits = { $host } wants fewer requests
# $message: the server's words.
server-refuses = { $host } refuses: { $message }
session-ended = { $host } has ended this session: sign in again
session-broken = The stored sign-in cannot be read: sign in again
# $why: the system's words.
https-unusable = HTTPS cannot be used on this system ({ $why }): install its certificate authorities, in most distributions the package ca-certificates

## Why a server, or a proxy, cannot be reached. Each stands after a colon.

connection-refused = nobody listens there
connection-broken = the connection broke off
connection-late = no answer in time
connection-silent = no answer
connection-no-network = there is no network
connection-unknown-name = its name is not known
connection-no-lookup = there is no network, or nobody to look up its name
connection-not-encrypted = what answers there is not encrypted: is the port right?
sign-in-service-silent = its sign-in service does not answer

## Why the certificate of a server, or of a proxy, is not valid. Each stands
## after a colon.

certificate-expired = it has expired
certificate-not-yet = it is not valid yet: is the clock right?
certificate-untrusted = nobody that this computer trusts has signed it
certificate-other-name = it is for another name
certificate-revoked = it was revoked
certificate-none = its sign-in service has none

## The proxy. $proxy: its address, like http://proxy.example.org:3128.
## $variable: the environment variable that names it, like https_proxy.

# $why: one of the causes above, or the system's words.
proxy-unreachable = The proxy { $proxy } cannot be reached: { $why }; it is set in { $variable }
# $scheme: http or https. $address: the proxy's name and port.
proxy-wants-password = The proxy { $proxy } wants a name and a password: set { $variable } to { $scheme }://NAME:PASSWORD@{ $address } and start Presently again
proxy-refuses-password = The proxy { $proxy } does not take the name and the password in { $variable }
proxy-closed = The proxy { $proxy } does not connect Presently to the server: it may not, or the server does not answer it; { $variable } names the proxy
proxy-malformed = { $variable } is not the address of a proxy: it looks like http://proxy.example.org:3128
proxy-other-kind = { $variable } is no HTTP proxy, and Presently knows no other: name one in https_proxy

## Signing in and out.

# $text: what was given.
user-id-malformed = “{ $text }” is not a Matrix user id: it looks like @name:example.org
# $text: what was given.
homeserver-malformed = “{ $text }” is not the address of a homeserver: it looks like https://matrix.example.org
homeserver-insecure = { $address } is not encrypted (http): use https; http is for this computer only
homeserver-unknown = { $host } cannot be found: check the user id, or name the server with --homeserver
homeserver-not-matrix = { $host } is not a Matrix server: name the right one with --homeserver
sign-in-no-password = { $host } does not sign in by password: try --oauth or --sso
sign-in-no-sso = { $host } has no single sign-on: try the password or --oauth
sign-in-no-oauth = { $host } does not sign in by OAuth 2.0: try the password or --sso
sign-in-not-completed = The sign-in was not completed in the browser: try again
sign-in-nobody-came = Nobody came back from the browser: try again
sign-in-no-homepage = This build of Presently names no valid page about itself: use --sso or the password
# $why: the system's words.
sign-in-no-listener = The browser has no way back to Presently: { $why }
sign-in-wrong-password = The password is wrong, or there is no such user: try again
# $got, $wanted: user ids.
sign-in-wrong-user = The server signed in { $got } instead of { $wanted }: signed out again; use that user id
# $why: the server's words, or one of the next two.
sign-in-refused = The server refuses this account: { $why }
sign-in-unsafe-page = { $host } names a page that is not safe
sign-in-other-answer = the browser's answer belongs to another sign-in
sign-in-limited = Too many attempts: try again in { $seconds } s
# $why: what the sign-in service says.
sign-in-failed = { $host }: { $why }
# $why: why the server could not be told, a sentence of its own.
sign-out-not-told = The server was not told: { $why }

## The secret store: the keyring, or a file.

keyring-locked = The keyring is locked: unlock it to let Presently sign in
keyring-hidden = The keyring is locked, and may hold the sign-in of { $user_id }: unlock it to let Presently sign in
# A collection is where a Secret Service stores secrets.
keyring-empty = The keyring has no collection to keep a sign-in in: make one, and open it
keyring-unavailable = There is no keyring (Secret Service) in this session: start one, or set secrets = "file"
# $why: the keyring's words.
keyring-says = The keyring answered: { $why }
secrets-not-found = No sign-in is stored for { $user_id }: sign in with: presently login { $user_id }
secrets-too-open = { $path } may be read by others: run chmod 600 { $path }
# $place: one of the next four.
secrets-broken = What is stored { $place } cannot be read: sign in again
stored-in-file = in { $path }
stored-in-keyring = in the keyring
stored-in-session = in the new session
stored-in-new-store = in the new secret store
# $why: the system's words.
secrets-unusable = { $path }: { $why }

## Where sign-ins are kept, for `presently doctor`.

# $count: how many sign-ins the file holds.
secrets-in-file = the file { $path } (mode 600), sign-ins: { $count }
# $name: what the keyring calls the collection.
secrets-in-keyring = the keyring “{ $name }”, unlocked
secrets-in-new-keyring = the keyring is empty: a first one will be made

## What somebody shows. $host: the server that was asked.

look-unknown-user = { $host } knows no user { $user_id }: check the user id
look-expired = The sign-in has expired: try again in a minute, or sign in again
look-presence-off = Presence is turned off on { $host }
# $presence: the server's word for it.
look-presence-unknown = { $user_id } shows “{ $presence }”, which Presently does not know
# $me: the user id of the account that was used.
look-no-shared-room = { $host } shows presence only to people who share a room: { $me } shares none with { $user_id }
look-no-presence = { $host } knows no presence of { $user_id }
look-no-profile = { $host } does not show the profile of { $user_id }
# $server: the server of the other user.
look-server-unreachable = { $host } cannot reach { $server }
