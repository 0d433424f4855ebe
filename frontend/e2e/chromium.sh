#!/bin/sh
# Sees to it that there is a Chromium for the end-to-end tests of the console.
for name in "${CHROMIUM:-chromium}" chromium chromium-browser google-chrome; do
	command -v "$name" >/dev/null && exit 0
done
if command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; then
	[ "$(id -u)" = 0 ] || sudo=sudo
	echo "Installing Chromium."
	$sudo apt-get update --quiet >/dev/null 2>&1
	$sudo apt-get install --quiet --yes --no-install-recommends chromium >/dev/null 2>&1 && exit 0
fi
echo "Chromium is missing and cannot be installed here: the console is not tested in a browser. CHROMIUM names one."
