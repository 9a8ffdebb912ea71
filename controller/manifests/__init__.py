"""Manifest files of users, read as kubectl reads them. Pure.

Text that kubectl would silently drop (duplicate keys, text after the end of a document) is reported
as a problem.
"""
