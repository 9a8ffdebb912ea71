"""One attempt to drain a node: reading its pods, evicting them, and waiting until they are gone.

It runs beside Ansible, by hand as well as for the controller, and so reaches the API server through
kubectl and every kubeconfig that kubectl knows.
"""
