"""What happens to an order, from its admission to the finished clip: `submit` is the place to start, then `fulfil`."""
