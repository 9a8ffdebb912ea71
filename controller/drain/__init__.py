"""One attempt to drain a node: its pods are read, evicted, and waited for.

It runs beside Ansible, by hand as well as for the controller, and so it reaches the API server
through kubectl, with every kubeconfig that kubectl supports.
"""
