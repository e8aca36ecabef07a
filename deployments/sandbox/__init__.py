"""The embedded SCIM 2.0 target: Productboard by default, other servers by switch.

It is both a place to try things out and a judge of the client, so it shares no code with it:
nothing here imports flows, tasks or data_contracts. Doors: `app.create_app` (in process, ASGI),
`server.serve_in_thread` (a real socket), `cli.app` (the command).
"""
