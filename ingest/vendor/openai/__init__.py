"""The costs, usage and fine-tuning jobs of an OpenAI organization."""
