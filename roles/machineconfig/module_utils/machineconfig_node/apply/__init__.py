"""One apply: what it would change, and the transaction that changes it."""
