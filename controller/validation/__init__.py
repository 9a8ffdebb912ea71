"""Everything that is wrong with manifests, in words, before anything is sent to a cluster. Pure."""
