"""What people and machines read: Markdown, tables, terminal views, JSON. Pure.

`privacy` decides which values may be shown, `escaping` keeps cells from being taken for markup.
"""
