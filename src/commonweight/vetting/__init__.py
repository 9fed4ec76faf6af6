"""
What the files of a revision say by themselves: which licence a text is, what headers of weights claim, on which model the
bytes suggest that they stand. Read after a commit, by jobs; findings here are evidence, and the policy decides.
"""
