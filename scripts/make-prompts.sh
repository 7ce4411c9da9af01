#!/usr/bin/env bash
# Makes the default prompts, with Debian's flite (English) and espeak-ng (Ukrainian) and sox. The results
# are shipped in assets/prompts, so that nobody needs this script to run the service.
set -euo pipefail
cd "$(dirname "$0")/../assets/prompts"

finish() { # raw file: 16 kHz mono 16 bit, silence trimmed, peak at -3 dBFS; dither off: repeatable.
  sox -D "$1" -r 16000 -b 16 -c 1 "$2" silence 1 0.01 0.1% reverse silence 1 0.01 0.1% reverse highpass 150 gain -n -3
  rm "$1"
}

english() { # name text
  local raw
  raw=$(mktemp --suffix=.wav)
  flite -voice slt -t "$2" -o "$raw"
  finish "$raw" "en/$1.wav"
}

ukrainian() { # name text
  local raw
  raw=$(mktemp --suffix=.wav)
  espeak-ng -v uk -s 150 -w "$raw" "$2"
  finish "$raw" "uk/$1.wav"
}

english start "This call is being recorded."
english stop "This call is no longer being recorded."
english pause "Recording paused."
english resume "Recording resumed."

ukrainian start "Ця розмова записується."
ukrainian stop "Запис розмови припинено."
ukrainian pause "Запис призупинено."
ukrainian resume "Запис відновлено."
