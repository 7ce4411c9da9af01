#!/usr/bin/env bash
# Makes the speech that the demo's phones say, with Debian's flite and sox. The results are shipped in
# assets/speech, so that nobody needs this script to run the demo.
set -euo pipefail
cd "$(dirname "$0")/../assets/speech"

say() { # file voice text
  local raw
  raw=$(mktemp --suffix=.wav)
  flite -voice "$2" -t "$3" -o "$raw"
  # 8 kHz mono 16 bit, peak at -6 dBFS, band-limited to the telephone band; dither off: repeatable.
  sox -D "$raw" -r 8000 -b 16 -c 1 "$1" highpass 200 gain -n -6
  rm "$raw"
}

say alice.wav slt "Hello Bob, this is Alice. The delivery of forty seven boxes arrives on Thursday morning, before nine."
say bob.wav rms "Good morning Alice, Bob speaking. Thursday is fine. Please bring the invoice, and call me from the gate."
