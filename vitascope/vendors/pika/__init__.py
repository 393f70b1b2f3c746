"""Pika."""
