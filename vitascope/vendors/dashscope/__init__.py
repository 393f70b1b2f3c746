"""Alibaba DashScope (Wan)."""
