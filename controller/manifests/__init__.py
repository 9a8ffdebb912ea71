"""Files that people write for kubectl, read as kubectl reads them. Pure.

Where kubectl would drop something without a word (a key that is written twice, what follows the
end of a document), there is a problem instead: nothing that was written is lost unseen.
"""
