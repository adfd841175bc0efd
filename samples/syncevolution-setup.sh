#!/bin/bash
# Synchronizes a folder with cardsync by SyncEvolution, a SyncML client of its own.
#
#   samples/syncevolution-setup.sh URL USER PASSWORD FOLDER [SYNCEVOLUTION-OPTIONS]
#   samples/syncevolution-setup.sh http://127.0.0.1:8080/syncml me 7kqm-... ~/cardsync-demo
#   samples/syncevolution-setup.sh http://127.0.0.1:8080/syncml me 7kqm-... ~/cardsync-demo --sync slow
#
# The first run configures, every run synchronizes in both directions. Everything lies in FOLDER:
#   contacts/ (vCard)  calendar/ and tasks/ (iCalendar)  notes/ (text), a file for each item.
# Nothing of your own SyncEvolution set-up is touched. Exit code: SyncEvolution's.
#
# Needs, on Debian or Ubuntu:  apt-get install --no-install-recommends syncevolution gcc libc6-dev
# (gcc only for Debian 12, whose SyncEvolution 2.0.0 crashes at its first request: see below).
set -eu

if [ $# -lt 4 ]; then
  sed -n '2,14s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
url=$1 user=$2 password=$3
mkdir -p "$4"
folder=$(cd "$4" && pwd)
shift 4

if ! command -v syncevolution >/dev/null; then
  echo "syncevolution is missing: apt-get install --no-install-recommends syncevolution" >&2
  exit 1
fi

state=$folder/.syncevolution
mkdir -p "$state/.config" "$state/.local/share" "$state/.cache"
mkdir -p "$folder/contacts" "$folder/calendar" "$folder/tasks" "$folder/notes"
chmod 700 "$state" # SyncEvolution keeps the password here

sevo() {
  HOME=$state XDG_CONFIG_HOME=$state/.config XDG_DATA_HOME=$state/.local/share \
    XDG_CACHE_HOME=$state/.cache LD_PRELOAD=${mend:-} syncevolution --daemon=no "$@"
}

# See syncevolution-curl.c: without it Debian 12's SyncEvolution crashes at its first request.
mend=$state/syncevolution-curl.so
if [ ! -e "$mend" ] && command -v gcc >/dev/null; then
  gcc -shared -fPIC -O2 -o "$mend" "$(dirname "$0")/syncevolution-curl.c" -ldl
fi
[ -e "$mend" ] || { mend='' && echo "gcc is missing: on Debian 12 SyncEvolution may crash" >&2; }

if [ ! -e "$state/configured" ]; then
  device=cardsync-demo-$(od -An -N6 -tx1 /dev/urandom | tr -d ' \n')
  store() { # store NAME BACKEND-FORMAT
    sevo --configure backend=file "database=file://$folder/$1" "databaseFormat=$2" "uri=$1" \
      sync=two-way cardsync "$1"
  }
  sevo --configure --template 'SyncEvolution Client' "syncURL=$url" "username=$user" "password=$password" \
    PeerIsClient=0 keyring=no "deviceId=$device" dumpData=0 printChanges=0 preventSlowSync=0 \
    backend=file "database=file://$folder/contacts" databaseFormat=text/vcard uri=contacts sync=two-way \
    cardsync@default contacts
  store calendar text/calendar
  store tasks text/calendar
  store notes text/plain
  touch "$state/configured"
fi

sevo --configure "syncURL=$url" "username=$user" "password=$password" cardsync >/dev/null
sevo "$@" cardsync
