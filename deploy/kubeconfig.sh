#!/bin/sh
# Writes a kubeconfig of the controller's ServiceAccount, for a controller outside of the cluster.
#
#   deploy/kubeconfig.sh FILE [DURATION]
#
# It takes the cluster from kubectl's current context, after `kubectl apply -k deploy/`. The token
# lasts DURATION (8760h, a year, unless you say), or less where the API server allows less; the time
# when it ends is printed. Run it again before that, and restart the controller.
set -eu
umask 077

file=${1:?name the file to write}
duration=${2:-8760h}
account=machine-config-controller

answer=$(kubectl create token "$account" --namespace=machine-config --duration="$duration" \
  --output=jsonpath='{.status.token} {.status.expirationTimestamp}')
cluster=$(kubectl config view --raw --flatten --minify --output=jsonpath='{.clusters[0].cluster}')

# What lies there may be open to others, or a link.
rm --force "$file.new"
# A kubeconfig may be JSON. No command is given the token, for others see its words.
printf '{
  "apiVersion": "v1",
  "kind": "Config",
  "current-context": "%s",
  "clusters": [{"name": "cluster", "cluster": %s}],
  "users": [{"name": "%s", "user": {"token": "%s"}}],
  "contexts": [{"name": "%s", "context": {"cluster": "cluster", "user": "%s"}}]
}\n' "$account" "$cluster" "$account" "${answer% *}" "$account" "$account" >"$file.new"
mv "$file.new" "$file"
echo "$file: the token ends at ${answer#* }"
