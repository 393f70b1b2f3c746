"""Models of other servers: `protocol` says what a task engine is, `session` carries a client's requests there, `engine`
puts the two together, `openai` and `kling` are what model files name. What is bought and when is decided in
`orders/buying.py`.
"""
