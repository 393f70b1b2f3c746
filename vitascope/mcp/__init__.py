"""Tools for agents, over the Model Context Protocol (MCP).

    tools.py    what each tool does; knows nothing of the protocol
    shapes.py   what each takes and gives back; film_tools.py and film_shapes.py are the same for films
    api.py      the HTTP client by which the tools ask a Vitascope server
    server.py   the tools as an MCP server; the one file that imports the SDK (extra `mcp`)

Two doors lead to the same tools: `vitascope mcp` (`cli/mcp.py`, stdio) asks a server by its address, and `/mcp`
(`server/routes/mcp.py`, streamable HTTP) asks the server that it is part of.
"""
