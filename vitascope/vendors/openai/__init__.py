"""OpenAI's videos, which is also our native form."""
