"""Systems that are asked for their people: what they answer becomes a file, and is read as one.

A delivery is whole or it is none: absence means that somebody left, so a page that is missing would
take people's accounts away. Whatever goes wrong on the way ends in an error, and nothing is kept.
"""
