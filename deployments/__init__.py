"""Where scimflow runs: deployment files, compose, and the embedded SCIM target in `sandbox`."""
