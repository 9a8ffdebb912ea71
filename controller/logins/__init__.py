"""Why a login to a node fails: which cause it has, and what to do about it.

Whether a step succeeded is never decided here. These tables are asked only after a failure, and a
text that they do not know leaves that failure as it was.
"""
