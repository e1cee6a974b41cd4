"""What vendors of AI tell about costs and usage: their APIs, and tables that they export."""
