"""Google: Gemini, Vertex and Interactions (Veo)."""
