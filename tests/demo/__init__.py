"""The demo of the product on a lab: `make demo` shows it, and `make test` asserts it.

`python -m tests.demo` is the demo. The assertions observe from outside: API objects, and files and
boots on the machines.
"""
