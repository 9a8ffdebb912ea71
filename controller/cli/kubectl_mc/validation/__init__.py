"""The problems of manifests, as users and programs read them."""
