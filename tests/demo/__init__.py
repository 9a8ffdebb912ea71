"""The story of the product on a lab: `make demo` tells it, and `make test` asserts it.

`python -m tests.demo` is the demo. What is asserted is seen from outside: API objects, and files
and boots on the machines; never the controller's own word.
"""
