"""What flows between the steps: frozen types, declared frames, published contracts of exports.

Nothing here imports another package of scimflow, reads a file or a clock. `pandas` is only named in
annotations, so that the light commands of the command line start quickly.
"""
