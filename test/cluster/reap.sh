#!/bin/sh
# Reaper of one sandbox: waits until its standard input is closed, which the death of the process
# that holds the other end does too, then kills everything that was started for the work folder
# $1 and removes the folder. It kills by what the environment of a process says, never by name:
#   WEFT_CLUSTER_DIR=$1   the daemons
#   LOCAL_DIRS=$1/...     YARN containers, which outlive a NodeManager that was killed
# Rounds go on until nobody is left, because a dying NodeManager may just have started a container.
dir=$1
cat >/dev/null
living() { grep -lzE "^(WEFT_CLUSTER_DIR=$dir\$|LOCAL_DIRS=$dir/)" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3; }
round=0
while pids=$(living); [ -n "$pids" ] && [ $round -lt 200 ]; do
  kill -9 $pids 2>/dev/null
  round=$((round + 1))
  sleep 0.05
done
rm -rf "$dir"
[ -z "$pids" ] && [ ! -e "$dir" ]
