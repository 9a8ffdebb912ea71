"""Why a login to a node fails: its cause and remedy.

Nothing here decides whether a step succeeded. It is used after a failure only, and a text that it
does not recognize leaves that failure as it was.
"""
