#!/bin/sh
# Writes a kubeconfig for the controller's ServiceAccount, for a controller outside the cluster.
#
#   deploy/kubeconfig.sh FILE [DURATION]
#
# It uses the cluster of kubectl's current context; run `kubectl apply -k deploy/` first. The token is
# valid for DURATION (default 8760h, one year), or less if the API server limits it; the script
# prints when it expires. Run the script again before that, and restart the controller.
set -eu
umask 077

file=${1:?usage: deploy/kubeconfig.sh FILE [DURATION]}
duration=${2:-8760h}
account=machine-config-controller

answer=$(kubectl create token "$account" --namespace=machine-config --duration="$duration" \
  --output=jsonpath='{.status.token} {.status.expirationTimestamp}')
cluster=$(kubectl config view --raw --flatten --minify --output=jsonpath='{.clusters[0].cluster}')

# An existing file may be readable by others, or be a link.
rm --force "$file.new"
# A kubeconfig may be JSON. The token is never an argument of a command, which others could read.
printf '{
  "apiVersion": "v1",
  "kind": "Config",
  "current-context": "%s",
  "clusters": [{"name": "cluster", "cluster": %s}],
  "users": [{"name": "%s", "user": {"token": "%s"}}],
  "contexts": [{"name": "%s", "context": {"cluster": "cluster", "user": "%s"}}]
}\n' "$account" "$cluster" "$account" "${answer% *}" "$account" "$account" >"$file.new"
mv "$file.new" "$file"
echo "$file: the token expires at ${answer#* }"
