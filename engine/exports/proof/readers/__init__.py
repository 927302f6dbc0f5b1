"""Foreign readers of exports, a file each. They import what people will use, and nothing of ours that would help them."""
