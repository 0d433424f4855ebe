#!/bin/sh
# Sees to it that there is a Chromium for the end-to-end tests of the console: looks
# for one, installs it on Debian where it may, and else says what to do. It never
# fails: the tests themselves do, where they have to run (CI).
for name in "${CHROMIUM:-chromium}" chromium chromium-browser google-chrome; do
	command -v "$name" >/dev/null && exit 0
done
hint="the console is not tested in a browser. As root: apt-get install chromium; or set CHROMIUM to the path of one."
if ! command -v apt-get >/dev/null || { [ "$(id -u)" != 0 ] && ! sudo -n true 2>/dev/null; }; then
	echo "Chromium is missing and cannot be installed here: $hint"
	exit 0
fi
[ "$(id -u)" = 0 ] || sudo=sudo
echo "Installing Chromium."
log=$(mktemp)
if $sudo apt-get update --quiet >"$log" 2>&1 &&
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get install --quiet --yes --no-install-recommends chromium >>"$log" 2>&1 </dev/null; then
	rm -f "$log"
	exit 0
fi
tail -n 5 "$log"
rm -f "$log"
echo "Installing Chromium failed: $hint"
