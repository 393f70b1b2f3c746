"""What happens to an order, from its admission to the finished clip: `pipeline` is the place to start."""
