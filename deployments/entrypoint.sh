#!/bin/sh
# Runs a command with secrets from files: X_FILE=/run/secrets/y in the environment becomes X, with
# what the file holds. So no secret stands in compose.yaml, in an image or in `docker inspect`.
set -eu

for name in $(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)_FILE=.*/\1/p'); do
    eval "file=\${${name}_FILE}"
    if [ ! -r "$file" ]; then
        echo "entrypoint: ${name}_FILE names $file, which cannot be read" >&2
        exit 64
    fi
    value=$(cat "$file")
    export "$name=$value"
    unset "${name}_FILE"
done

exec "$@"
